/** An usher that does what its clients say: a relay thread loads it. */
import type { Arrival, ChildFault, Usher, UsherThread, Visit } from '../../src/relay/usher.js';

export const TEST_USHER = import.meta.url;

interface TestSettings {
  /** The listening socket, and where the child is. */
  readonly fd: number;
  readonly child: number;
}

export function makeUsher({ fd, child }: TestSettings, thread: UsherThread): Usher {
  let visits = 0;
  thread.open(fd);
  thread.tell('open');
  return {
    receive: (arrival) => {
      visits += 1;
      arrival.answer(Buffer.from('hello'));
      return visitOf(arrival, thread, { child, ticket: visits });
    },
    full: (reason) => thread.tell(`full ${reason}`),
    hear: (message) => thread.tell(`heard ${message}`),
    tick: () => {},
  };
}

function visitOf(
  arrival: Arrival,
  thread: UsherThread,
  { child, ticket }: { child: number; ticket: number },
): Visit {
  const target = { host: '127.0.0.1', port: child, from: null };
  const opening = Buffer.from('before ');
  const orders: Record<string, () => void> = {
    throw: () => {
      throw new Error('as it was told');
    },
    dial: () => arrival.dial(target, opening),
    nowhere: () => arrival.dial({ ...target, port: 1 }, opening),
    unspeakable: () => arrival.dial({ ...target, host: 'localhost' }, opening),
    back: () => arrival.handBack(ticket, { about: 'it' }),
    reset: () => arrival.close('reset'),
  };
  return {
    clientSaid: (bytes) => orders[bytes.toString()]?.(),
    clientLeft: () => arrival.close('end'),
    childSaid: (bytes) => {
      const toClient = Buffer.concat([Buffer.from('first '), bytes]);
      arrival.join({ toClient, idleMs: 0, ticket });
    },
    childLeft: ({ code, message }: ChildFault) => {
      thread.tell(`child left: ${code} ${message}`);
      arrival.close('end');
    },
    over: (error) => thread.tell(`closed ${error}`),
  };
}

/** A setup handler that obeys its clients' own commands, for tests. */
import type {
  ChildFault,
  ClientSetup,
  SetupHandler,
  SetupThread,
  ThreadClient,
} from '../../src/relay/client-setup.js';
import type { ClientWatch, Heard } from '../../src/relay/client-watch.js';

export const TEST_USHER = import.meta.url;

interface TestSettings {
  /** The listening socket, and where the child is. */
  readonly fd: number;
  readonly child: number;
}

export function makeSetupHandler({ fd, child }: TestSettings, thread: SetupThread): SetupHandler {
  let setups = 0;
  thread.open(fd);
  thread.tell('open');
  return {
    receive: (pending) => {
      setups += 1;
      pending.answer(Buffer.from('hello'));
      return visitOf(pending, thread, { child, ticket: setups });
    },
    full: (reason) => thread.tell(`full ${reason}`),
    watch: (state) => new TestWatch(state as string[]),
    hear: (message) => thread.tell(`heard ${message}`),
    tick: () => {},
  };
}

/**
 * Recalls a client that says `recall`, of which the child gets the bytes before; does not hear one
 * any more that says `enough`.
 */
export class TestWatch implements ClientWatch {
  readonly state: string[];
  before = 0;

  constructor(heard: string[] = []) {
    this.state = heard;
  }

  hear(bytes: Buffer): Heard {
    this.state.push(bytes.toString());
    this.before = Math.max(0, this.state.at(-1)?.indexOf('recall') ?? 0);
    if (this.state.at(-1)?.endsWith('recall')) return 'recall';
    return this.state.at(-1) === 'enough' ? 'done' : 'pass';
  }

  stays(): void {
    this.state.push('stays');
  }

  passed(bytes: Buffer): void {
    this.state.push(bytes.toString());
  }

  get about(): string[] {
    return [...this.state];
  }
}

function visitOf(
  pending: ThreadClient,
  thread: SetupThread,
  { child, ticket }: { child: number; ticket: number },
): ClientSetup {
  const target = { host: '127.0.0.1', port: child, from: null };
  const opening = Buffer.from('before ');
  const orders: Record<string, () => void> = {
    throw: () => {
      throw new Error('as it was told');
    },
    dial: () => pending.dial(target, opening),
    nowhere: () => pending.dial({ ...target, port: 1 }, opening),
    unspeakable: () => pending.dial({ ...target, host: 'localhost' }, opening),
    back: () => pending.handBack(ticket, { about: 'it' }),
    reset: () => pending.close('reset'),
  };
  return {
    clientSaid: (bytes) => orders[bytes.toString()]?.(),
    clientLeft: () => pending.close('end'),
    childSaid: (bytes) => {
      const toClient = Buffer.concat([Buffer.from('first '), bytes]);
      pending.join({ toClient, idleMs: 0, ticket, watch: new TestWatch() });
    },
    childLeft: ({ code, message }: ChildFault) => {
      thread.tell(`child left: ${code} ${message}`);
      pending.close('end');
    },
    over: (error) => thread.tell(`closed ${error}`),
  };
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ChildFault, ClientSetup } from '../../src/relay/client-setup.js';
import { PortablePendingClient } from '../../src/relay/portable/pending-client.js';
import type { RelayPair } from '../../src/relay/relay.js';
import { Acceptor, dialPort, gone, readAll } from '../helpers/sockets.js';
import { until } from '../helpers/until.js';

/** A setup that keeps what it hears. */
class RecordingSetup implements ClientSetup {
  readonly heard: string[] = [];
  readonly faults: ChildFault[] = [];
  readonly overs: unknown[] = [];
  readonly #pending: PortablePendingClient;

  constructor(pending: PortablePendingClient) {
    this.#pending = pending;
  }

  clientSaid(bytes: Buffer): void {
    this.heard.push(`client ${bytes}`);
    if (bytes.toString() === 'throw') throw new Error('as it was told');
  }

  clientLeft(): void {
    this.heard.push('client left');
    this.#pending.close('end');
  }

  childSaid(bytes: Buffer): void {
    this.heard.push(`child ${bytes}`);
  }

  childLeft(fault: ChildFault): void {
    this.faults.push(fault);
  }

  over(error: unknown): void {
    this.overs.push(error);
  }
}

describe('a pending client on a socket of Node’s', { timeout: 30_000 }, () => {
  let clients: Acceptor;
  let children: Acceptor;
  let client: Socket;
  let pending: PortablePendingClient;
  let setup: RecordingSetup;
  const relayed: RelayPair[] = [];

  /** Both ends of a connection to a child: the pending client's, and the child's own. */
  async function dialled(): Promise<{ socket: Socket; child: Socket }> {
    const accepted = children.next();
    return { socket: await dialPort(children.port), child: await accepted };
  }

  const hears = (text: string) => until(text, () => setup.heard.includes(text));

  beforeEach(async () => {
    [clients, children] = [await Acceptor.open(), await Acceptor.open()];
    const accepted = clients.next();
    client = await dialPort(clients.port);
    const address = { ip: '127.0.0.1', port: 1 };
    relayed.length = 0;
    pending = new PortablePendingClient(await accepted, address, (pair) => relayed.push(pair));
    setup = new RecordingSetup(pending);
    pending.meet(setup);
    pending.listen(true);
  });
  afterEach(async () => {
    client.destroy();
    await Promise.all([clients.close(), children.close()]);
  });

  it('is heard, and not while it is not to be', async () => {
    client.write('one');
    await hears('client one');
    pending.listen(false);
    client.write('two');
    pending.answer(Buffer.from('answer'));
    assert.equal(String((await once(client, 'data'))[0]), 'answer');
    assert.deepEqual(setup.heard, ['client one']);
    pending.listen(true);
    await hears('client two');
  });

  it('has its child heard, also one whose socket came paused', async () => {
    const { socket, child } = await dialled();
    pending.reach(socket.pause(), Buffer.from('opening'));
    assert.equal(String((await once(child.resume(), 'data'))[0]), 'opening');
    child.write('hello');
    await hears('child hello');
    child.destroy();
    await until('the child has left', () => setup.faults.length > 0);
    assert.equal(setup.faults[0]?.message, 'the other side closed the connection');
  });

  it('tries one child after the other: the first is hung up on, and heard no more', async () => {
    const [first, second] = [await dialled(), await dialled()];
    pending.reach(first.socket, Buffer.from('1'));
    const closed = gone(first.child);
    pending.reach(second.socket, Buffer.from('2'));
    await closed;
    second.child.write('second');
    await hears('child second');
    assert.deepEqual(setup.faults, []);
  });

  it('is given away with its child, and every byte', async () => {
    const { socket, child } = await dialled();
    pending.listen(false);
    pending.reach(socket, Buffer.from('opening'));
    client.write('unread');
    pending.join({ toClient: Buffer.from('first'), idleMs: 5, watch: null, ticket: 1 });
    const [pair] = relayed;
    assert.deepEqual([pair?.child, pair?.idleMs, String(pair?.toClient)], [socket, 5, 'first']);
    const [bytes] = await once(pair!.client.resume(), 'data');
    assert.equal(String(bytes), 'unread');
    child.end();
    await once(socket.resume(), 'end');
    socket.destroy();
    assert.deepEqual([setup.heard, setup.faults, setup.overs], [[], [], []]);
  });

  it('reads the last words before it is closed, though it goes on sending', async () => {
    const sending = setInterval(() => client.write('media'), 5);
    const words = readAll(client);
    await until('it sends', () => setup.heard.length > 3);
    pending.close('end', Buffer.from('because'));
    assert.equal(String(await words), 'because');
    clearInterval(sending);
    client.end();
    await until('it is over', () => setup.overs.length > 0);
    assert.deepEqual(setup.overs, [null]);
  });

  it('is closed alone where its setup fails', async () => {
    const closed = gone(client);
    client.write('throw');
    await closed;
    assert.equal((setup.overs[0] as Error).message, 'as it was told');
  });

  it('is over when it has left, and a child that comes late is hung up on', async () => {
    client.end();
    await hears('client left');
    assert.deepEqual(setup.overs, [null]);
    const { socket, child } = await dialled();
    const closed = gone(child);
    pending.reach(socket, Buffer.from('late'));
    await closed;
  });
});

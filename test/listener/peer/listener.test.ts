import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { portsAt } from '../../../src/child/ports.js';
import { SupervisorError } from '../../../src/errors.js';
import { AliasBook } from '../../../src/listener/aliases.js';
import { dialForFeed } from '../../../src/listener/dial-for-feed.js';
import type { HeldElsewhere, HookClient } from '../../../src/listener/held-hooks.js';
import { askPeer, dialPeer, type PeerVia } from '../../../src/listener/peer/dial-peer.js';
import { PeerListener } from '../../../src/listener/peer/listener.js';
import { Nonces, WINDOW_MS } from '../../../src/listener/peer/nonces.js';
import { KEEPER_ADDRESS } from '../../../src/listener/source-keeper.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { buildHello, type PeerHello } from '../../../src/protocol/peer/hello.js';
import { PortableEngine } from '../../../src/relay/portable/tcp.js';
import { OPEN_GATE } from '../../helpers/gate.js';
import { NO_HOOK_CLIENT } from '../../helpers/held-hooks.js';
import { key } from '../../helpers/stream-key.js';
import { until } from '../../helpers/until.js';

const SECRET = 'a secret of some length';
const NEVER = new AbortController().signal;

/** A child that says who came, and then echoes. */
async function echoChild(t: TestContext): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {}).write(`${socket.remoteAddress}\n`);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
}

async function rig(t: TestContext) {
  const port = await echoChild(t);
  const engine = new PortableEngine();
  const aliases = new AliasBook();
  const admitted = { count: 0 };
  /** Notes to hooks about clients that they know already. */
  const adopted: string[] = [];
  const adopt = ({ id, ip, stream }: HeldElsewhere): HookClient => ({
    ...NO_HOOK_CLIENT,
    id,
    goesBy: (alias) =>
      void adopted.push(`${id} ${ip} ${stream} ${aliases.holderOf(alias)?.client}`),
    leave: () => void adopted.push(`${id} left`),
  });
  const listener = new PeerListener({
    address: { host: '127.0.0.1', port: 0 },
    secret: SECRET,
    limits: { connections: 10, connectionsPerIp: 0 },
    admit: async (owner) => {
      if (owner.id === 'c003') throw new SupervisorError('ERR_REGISTRY_AWAY', 'no answer');
      if (owner.id !== 'c001' || owner.generation !== 2) return null;
      const ports = { ...portsAt(1), http: port };
      admitted.count += 1;
      const release = () => {
        admitted.count -= 1;
      };
      return { owner, host: '127.0.0.1', ports, release };
    },
    answer: async (question) => `${question}, said the box`,
    gate: OPEN_GATE,
    engine,
    aliases,
    hooks: { adopt },
    logger: silentLogger,
  });
  await listener.start();
  t.after(async () => {
    await listener.close();
    await engine.close();
  });
  const { port: peer = 0 } = listener.address() ?? {};
  const via: PeerVia = {
    ...{ host: '127.0.0.1', port: peer, secret: SECRET },
    ...{ child: 'c001', generation: 2, wanted: { stream: key('v/a/s'), role: 'play' } },
  };
  return { listener, via, aliases, admitted, adopted };
}

test('hooks know a client here that another box has asked them about', async (t) => {
  const { listener, via, adopted } = await rig(t);
  const stranger = await dialPeer(via, 'http', '203.0.113.8:4000', NEVER);
  const wanted = { stream: key('v/a/s'), role: 'play', hookId: 'far-1' } as const;
  const socket = await dialPeer({ ...via, wanted }, 'http', '203.0.113.9:4000', NEVER);
  assert.deepEqual(adopted, ['far-1 203.0.113.9 v/a/s 203.0.113.9:4000']);
  socket.destroy();
  stranger.destroy();
  await until('both have left', () => listener.summary().connections === 0);
  assert.deepEqual(adopted.slice(1), ['far-1 left']);
});

test('a client of another box reaches the child, and is known there', async (t) => {
  const { listener, via, aliases, admitted } = await rig(t);
  const socket = await dialPeer(via, 'http', '203.0.113.9:4000', NEVER);
  socket.write('hello');
  let heard = '';
  socket.on('data', (bytes) => {
    heard += String(bytes);
  });
  socket.resume();
  await until('the echo is there', () => heard.endsWith('hello'));
  const [alias = ''] = heard.split('\n');
  assert.match(alias, /^127\.\d+\.\d+\.\d+$/);
  assert.equal(aliases.holderOf(alias)?.client, '203.0.113.9:4000');
  const [row] = await listener.rows();
  assert.deepEqual([row?.child, row?.alias, row?.stream], ['c001', alias, 'v/a/s']);
  assert.equal(row?.client, '203.0.113.9:4000');
  assert.equal(admitted.count, 1);
  const ended = once(socket, 'end');
  listener.endOf({ id: 'c001', generation: 2 }, 'gone');
  await ended;
  socket.destroy();
  await until('nothing is left', () => listener.summary().connections === 0);
  assert.equal(admitted.count, 0);
});

test('a feed of another box reaches the child from the address of feeds, and is nobody’s', async (t) => {
  const { listener, via, aliases, adopted } = await rig(t);
  const source = { host: '127.0.0.1', ports: portsAt(1), via };
  const open = async (child: Socket) => {
    const [bytes] = await once(child.resume(), 'data');
    return String(bytes);
  };
  const { child, opened } = await dialForFeed(source, 'http', { signal: NEVER, open });
  assert.equal(opened, `${KEEPER_ADDRESS}\n`);
  const [row] = await listener.rows();
  assert.deepEqual([row?.child, row?.alias, row?.stream], ['c001', null, 'v/a/s']);
  assert.equal(row?.client, `127.0.0.1:${child.localPort}`);
  assert.deepEqual([aliases.holderOf(KEEPER_ADDRESS), adopted], [null, []]);
  child.destroy();
  await until('nothing is left', () => listener.summary().connections === 0);
});

test('another secret, another life and a silent client are refused', async (t) => {
  const { listener, via } = await rig(t);
  const dialled = (part: Partial<PeerVia>) =>
    dialPeer({ ...via, ...part }, 'http', '203.0.113.9:4000', NEVER);
  await assert.rejects(dialled({ secret: 'another secret, as long' }));
  await assert.rejects(dialled({ generation: 1 }), { code: 'ERR_NO_CHILD' });
  await assert.rejects(dialled({ child: 'c002' }), { code: 'ERR_NO_CHILD' });
  assert.deepEqual(
    [listener.summary().counters.failed.invalid, listener.summary().counters.failed['no-child']],
    [1, 2],
  );
});

test('another box hears that the registry does not answer this one', async (t) => {
  const { listener, via } = await rig(t);
  const dialled = dialPeer({ ...via, child: 'c003' }, 'http', '203.0.113.9:4000', NEVER);
  await assert.rejects(dialled, { code: 'ERR_REGISTRY_AWAY' });
  await until('it is counted', () => listener.summary().counters.failed.registry === 1);
});

test('another box gets the answer of this one, and a stranger none', async (t) => {
  const { listener, via } = await rig(t);
  const signal = AbortSignal.timeout(60_000);
  assert.equal(await askPeer(via, 'what', signal), 'what, said the box');
  await assert.rejects(askPeer({ ...via, secret: 'another secret, as long' }, 'what', signal));
  await until('nothing is left', () => listener.summary().connections === 0);
  assert.equal(listener.summary().counters.relayed, 1);
});

test('a hello that was overheard cannot be said again', async (t) => {
  const { listener, via } = await rig(t);
  const hello: PeerHello = {
    ...{ child: 'c001', generation: 2, service: 'http', client: '203.0.113.9:1', wanted: null },
    ...{ at: Date.now(), nonce: 'once only' },
  };
  const say = () => connect(via.port, via.host).end(buildHello(hello, SECRET));
  const first = say();
  await once(first, 'data');
  const second = say();
  second.resume();
  await once(second, 'close');
  await until('it is counted', () => listener.summary().counters.failed.invalid === 1);
  first.destroy();
});

test('a hello of another time is refused, an old nonce forgotten', () => {
  const nonces = new Nonces();
  assert.equal(nonces.take('a', 0, WINDOW_MS + 1), false);
  assert.equal(nonces.take('b', 0, WINDOW_MS), true);
  assert.equal(nonces.take('b', WINDOW_MS, WINDOW_MS), false);
  assert.equal(nonces.take('b', 9 * WINDOW_MS, 9 * WINDOW_MS), true);
});

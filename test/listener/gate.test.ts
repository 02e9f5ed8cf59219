import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Connections } from '../../src/listener/connections.js';
import type { LivePublisher } from '../../src/listener/gate.js';
import { SessionError } from '../../src/listener/session-error.js';
import { gateOf, OPEN_RULES } from '../helpers/gate.js';
import { key } from '../helpers/stream-key.js';
import { until } from '../helpers/until.js';

const STREAM = key('__defaultVhost__/live/s');
const PUBLISH = { stream: STREAM, role: 'publish', token: null } as const;
const LIVE: LivePublisher = { owner: { id: 'c001', generation: 1 }, isAccepted: true };

/** A gate before one child, which frees a stream when its publisher is dismissed. */
function rig({ answers = true, silentMs = 60 } = {}) {
  const connections = new Connections({ connections: 100, connectionsPerIp: 0 });
  const state = { live: null as LivePublisher | null, dismissed: 0 };
  const gate = gateOf({
    rules: () => ({ ...OPEN_RULES, takeover: 'silent', silentMs }),
    liveHere: () => state.live,
    answers: async () => answers,
    dismiss: async () => {
      state.dismissed += 1;
      state.live = null;
    },
  });
  const relayed = { bytesIn: 0, bytesOut: 0, ended: new Promise<void>(() => {}), destroy() {} };
  const client = () => {
    const connection = connections.open('192.0.2.1', 1, 0);
    assert.ok(typeof connection !== 'string');
    return connection;
  };
  /** A publisher that the child has accepted. */
  const published = async () => {
    const connection = client();
    await gate.pass(connection, PUBLISH);
    connection.servedBy(LIVE.owner, relayed);
    state.live = LIVE;
    return connection;
  };
  return { gate, connections, state, relayed, client, published };
}

const busy = { failure: 'busy' };

test('a silent publisher is ended, and freed by its child, before the next one passes', async () => {
  const { gate, client, published, state } = rig();
  const old = await published();
  await gate.pass(client(), PUBLISH);
  assert.ok(old.isEnding);
  assert.deepEqual([state.live, state.dismissed], [null, 1]);
});

test('one that sends keeps its stream, however long it has paused', async () => {
  const { gate, client, published, relayed } = rig({ silentMs: 2000 });
  const old = await published();
  const sending = setInterval(() => {
    relayed.bytesIn += 1;
  }, 300);
  await assert.rejects(gate.pass(client(), PUBLISH), busy);
  clearInterval(sending);
  assert.ok(!old.isEnding);
});

test('one whose child stands still is not silent', async () => {
  const { gate, client, published } = rig({ answers: false });
  const old = await published();
  await assert.rejects(gate.pass(client(), PUBLISH), busy);
  assert.ok(!old.isEnding);
});

test('of two newcomers one waits, and the other is refused', async () => {
  const { gate, client, published } = rig({ silentMs: 300 });
  await published();
  const first = gate.pass(client(), PUBLISH);
  await assert.rejects(gate.pass(client(), PUBLISH), busy);
  await first;
});

test('a newcomer that leaves while it waits ends nothing, and the next may come', async () => {
  const { gate, client, published, connections } = rig({ silentMs: 300 });
  const old = await published();
  const leaving = client();
  const passing = gate.pass(leaving, PUBLISH);
  connections.closed(leaving);
  await assert.rejects(passing, { failure: 'left' });
  assert.ok(!old.isEnding);
  await gate.pass(client(), PUBLISH);
  assert.ok(old.isEnding);
});

test('a newcomer that is closed while it waits has the reason of that', async () => {
  const { gate, client, published } = rig({ silentMs: 5000 });
  await published();
  const closed = client();
  const passing = gate.pass(closed, PUBLISH);
  closed.end(new SessionError('left', 'it was kicked'));
  await assert.rejects(passing, /it was kicked/);
});

test('a publisher that has left, or has stopped, takes nobody’s place', async () => {
  const { gate, client, published, connections, state } = rig({ silentMs: 60_000 });
  const old = await published();
  await until('its acceptance is read', async () => {
    const other = client();
    const passing = gate.pass(other, PUBLISH).catch(() => {});
    connections.closed(other);
    await passing;
    return true;
  });
  // The child reports that it has stopped; its connection stays.
  state.live = null;
  const next = client();
  await gate.pass(next, PUBLISH);
  connections.closed(next);
  connections.closed(old);
  await gate.pass(client(), PUBLISH);
});

test('the same client passes again, and players pass whoever publishes', async () => {
  const { gate, client, published } = rig({ silentMs: 60_000 });
  const old = await published();
  await gate.pass(old, PUBLISH);
  await gate.pass(client(), { ...PUBLISH, role: 'play' });
});

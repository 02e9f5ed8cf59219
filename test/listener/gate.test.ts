import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_PROOF } from '../../src/access/tokens.js';
import type { Connection } from '../../src/listener/connection.js';
import { Connections } from '../../src/listener/connections.js';
import type { LivePublisher } from '../../src/listener/gate.js';
import { failureOf, SessionError } from '../../src/listener/session-error.js';
import { createLogger } from '../../src/logging/logger.js';
import { attachEvents } from '../../src/logging/tell.js';
import { gateOf, OPEN_RULES } from '../helpers/gate.js';
import { key } from '../helpers/stream-key.js';
import { until } from '../helpers/until.js';

const STREAM = key('__defaultVhost__/live/s');
const PUBLISH = { stream: STREAM, role: 'publish', token: null } as const;
const LIVE: LivePublisher = { owner: { id: 'c001', generation: 1 }, isAccepted: true };

/** A gate before one child, which frees a stream when its publisher is dismissed. */
function rig({ answers = true, silentMs = 60, backup = false } = {}) {
  const connections = new Connections({ connections: 100, connectionsPerIp: 0 });
  const events: string[] = [];
  const logger = createLogger('silent', { people: false, write: () => {} });
  attachEvents(logger, { record: ({ type }) => events.push(type) });
  const state = { live: null as LivePublisher | null, dismissed: 0 };
  const gate = gateOf({
    rules: () => ({ ...OPEN_RULES, takeover: 'silent', silentMs, backup }),
    liveHere: () => state.live,
    answers: async () => answers,
    logger,
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
  return { events, gate, connections, state, relayed, client, published };
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

const STANDS_BY = { ...PUBLISH, mayStandBy: true } as const;

/** A connection on which bytes come for as long as the test wants. */
function sending(connection: Connection): () => void {
  const relayed = { bytesIn: 0, bytesOut: 0, ended: new Promise<void>(() => {}), destroy() {} };
  connection.carriedBy(relayed);
  const timer = setInterval(() => {
    relayed.bytesIn += 1;
  }, 20);
  return () => clearInterval(timer);
}

test('a second publisher waits as a backup, and follows one that has ended', async () => {
  const { gate, client, published, state, connections, events } = rig({
    backup: true,
    silentMs: 60_000,
  });
  const old = await published();
  const backup = client();
  assert.equal(await gate.pass(backup, STANDS_BY), false);
  assert.equal(await gate.pass(backup, STANDS_BY), false);
  await assert.rejects(gate.pass(client(), STANDS_BY), busy);
  let isReady = false;
  let follows = false;
  const following = gate
    .follow(backup, () => isReady)
    .then(() => {
      follows = true;
    });
  connections.closed(old);
  state.live = null;
  isReady = true;
  await following;
  assert.ok(follows && !backup.isEnding);
  assert.equal(await gate.pass(backup, STANDS_BY), true);
  assert.deepEqual(events, ['backup-waiting', 'backup-active']);
  // It publishes now, so that the next one may wait.
  state.live = LIVE;
  assert.equal(await gate.pass(client(), STANDS_BY), false);
});

test('a backup that sends follows a silent publisher, and never a living one', async () => {
  const { gate, client, published, relayed, state, events } = rig({ backup: true, silentMs: 2000 });
  const old = await published();
  const alive = setInterval(() => {
    relayed.bytesIn += 1;
  }, 100);
  const backup = client();
  assert.equal(await gate.pass(backup, STANDS_BY), false);
  const stop = sending(backup);
  const following = gate.follow(backup, () => true);
  const sent = relayed.bytesIn;
  await until('it has sent for a while', () => relayed.bytesIn > sent + 30);
  assert.ok(!old.isEnding);
  clearInterval(alive);
  await following;
  stop();
  assert.ok(old.isEnding);
  assert.deepEqual([state.live, state.dismissed], [null, 1]);
  assert.deepEqual(events, ['backup-waiting', 'publisher-replaced', 'backup-active']);
});

test('a backup that leaves makes room for the next one', async () => {
  const { gate, client, published, connections } = rig({ backup: true, silentMs: 60_000 });
  await published();
  const backup = client();
  assert.equal(await gate.pass(backup, STANDS_BY), false);
  const following = gate.follow(backup, () => true);
  connections.closed(backup);
  await assert.rejects(following, { failure: 'left' });
  assert.equal(await gate.pass(client(), STANDS_BY), false);
});

test('a backup that sends nothing for long is closed, and makes room for the next one', async (t) => {
  const { gate, client, published, connections } = rig({ backup: true, silentMs: 60 });
  await published();
  const backup = client();
  assert.equal(await gate.pass(backup, STANDS_BY), false);
  // The clock goes six times as fast, so the silence is over in less than two seconds.
  const clock = performance.now.bind(performance);
  const from = clock();
  t.mock.method(performance, 'now', () => from + 6 * (clock() - from));
  const silent = { failure: 'silent' };
  await assert.rejects(
    gate.follow(backup, () => false),
    silent,
  );
  connections.closed(backup);
  assert.equal(await gate.pass(client(), STANDS_BY), false);
});

test('clients are counted from the moment they pass until they leave', async () => {
  const limits = { viewersPerStream: 2, streams: 2, streamsPerIp: 1 };
  const { connections } = rig();
  let sessions = 0;
  const gate = gateOf({ rules: () => ({ ...OPEN_RULES, limits }), sessionsOf: () => sessions });
  const open = (ip: string) => {
    const connection = connections.open(ip, 1, 0);
    assert.ok(typeof connection !== 'string');
    return connection;
  };
  const play = { ...PUBLISH, role: 'play' } as const;
  const players = [open('192.0.2.1'), open('192.0.2.1'), open('192.0.2.1')] as const;
  const passing = await Promise.allSettled(players.map((one) => gate.pass(one, play)));
  const results = passing.map(({ status }) => status);
  assert.deepEqual(results, ['fulfilled', 'fulfilled', 'rejected']);
  // One that has passed is not counted twice.
  await gate.pass(players[0], play);
  connections.closed(players[0]);
  const viewer = { stream: STREAM, role: 'play', address: '192.0.2.7' } as const;
  sessions = 1;
  assert.throws(() => gate.request(viewer, NO_PROOF, true), { failure: 'viewersPerStream' });
  gate.request(viewer, NO_PROOF, false);
  sessions = 0;
  gate.request(viewer, NO_PROOF, true);

  const other = { ...PUBLISH, stream: key('v/live/other') };
  const third = { ...PUBLISH, stream: key('v/live/third') };
  const first = open('192.0.2.1');
  await gate.pass(first, PUBLISH);
  await assert.rejects(gate.pass(open('192.0.2.1'), other), { failure: 'streamsPerIp' });
  await gate.pass(open('192.0.2.2'), third);
  await assert.rejects(gate.pass(open('192.0.2.3'), other), { failure: 'streams' });
  // Another box has counted this one.
  await gate.pass(open('192.0.2.1'), { ...other, isSentOn: true });
  connections.closed(first);
  await gate.pass(open('192.0.2.3'), other);
});

test('a publisher that sends too much for ten seconds is ended, with the limit', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { client, relayed, connections } = rig();
  const gate = gateOf({ rules: () => ({ ...OPEN_RULES, publishBitrate: 4 }) });
  const connection = client();
  await gate.pass(connection, PUBLISH);
  connection.servedBy(LIVE.owner, relayed);
  const send = (megabits: number, seconds: number) => {
    for (let at = 0; at < 4 * seconds; at++) {
      now += 250;
      relayed.bytesIn += (megabits * 1e6) / 8 / 4;
      t.mock.timers.tick(250);
    }
  };
  const why = () => connection.reason?.message;
  const kind = () => connection.reason && failureOf(connection.reason);
  // A burst is averaged.
  send(20, 1);
  send(2, 9);
  assert.equal(why(), undefined);
  send(4.2, 11);
  assert.equal(why(), 'limits.publishBitrate: it sent 4.2 Mbit/s, more than 4');
  assert.equal(kind(), 'publishBitrate');
  connections.closed(connection);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import type { Failure } from '../../src/listener/failure.js';
import type { ListenerCounters } from '../../src/listener/listener.js';
import type { Role } from '../../src/stream-key.js';
import { Cast } from '../helpers/cast.js';
import { cli } from '../helpers/cli.js';
import { Cluster } from '../helpers/cluster.js';
import { Crowd } from '../helpers/crowd.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { findProgram } from '../helpers/programs.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { type Asked, type Box, type Protocol, TS_VHOST, told } from '../helpers/told.js';
import { BOUNDED, until } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';

const NO_REDIS = findProgram('redis-server') === null && 'needs redis-server';

interface EventEntry {
  readonly event: Readonly<Record<string, unknown>>;
}

type Answers = Partial<Record<Protocol, string>>;

/** A reason to refuse clients of a stream, and the answers to them. */
interface Reason {
  readonly failure: Failure;
  /** Text of the log's line. */
  readonly why: string;
  readonly asked: Asked;
  readonly publish?: Answers;
  readonly play?: Answers;
}

const at = (status: string, protocols: readonly Protocol[]) =>
  Object.fromEntries(protocols.map((protocol) => [protocol, status]));
const PLAYERS = ['whep', 'flv', 'ts', 'hls'] as const;
const NO_TOKEN = { rtmp: 'Failed', srt: '2401' };
const OVER = { rtmp: 'Failed', srt: '2402' };

const BY_RULES: readonly Reason[] = [
  {
    failure: 'access',
    why: 'access.rules: 127.0.0.1 may not',
    asked: { app: 'barred', stream: 'cam', token: null },
    publish: { rtmp: 'closed', srt: '2403', whip: '403' },
    play: { rtmp: 'closed', srt: '2403', ...at('403', PLAYERS) },
  },
  {
    failure: 'token',
    why: 'access.rules: a token is needed, and none came',
    asked: { app: 'guarded', stream: 'cam', token: null },
    publish: { ...NO_TOKEN, whip: '401' },
    play: { ...NO_TOKEN, ...at('401', PLAYERS) },
  },
  {
    failure: 'token',
    why: 'access.rules: the token is not valid: it names no key',
    asked: { app: 'guarded', stream: 'cam', token: `k.9999999999.any.${'A'.repeat(43)}` },
    publish: { ...NO_TOKEN, whip: '401' },
    play: { ...NO_TOKEN, ...at('401', PLAYERS) },
  },
  {
    failure: 'busy',
    why: 'is being published already',
    asked: { stream: 'cam', token: null },
    publish: { rtmp: 'BadName', srt: '2409', whip: '409' },
  },
];
const PER_ADDRESS: Reason = {
  failure: 'streamsPerIp',
  why: 'limits.streamsPerIp: 1 streams come from this address',
  asked: { stream: 'another', token: null },
  publish: { ...OVER, whip: '503' },
};
const IN_ALL: Reason = {
  failure: 'streams',
  why: 'limits.streams: 2 streams are published',
  asked: { stream: 'another', token: null, from: '127.0.0.4' },
  publish: { ...OVER, whip: '503' },
};
const VIEWERS: Reason = {
  failure: 'viewersPerStream',
  why: 'limits.viewersPerStream: 1 play this stream',
  asked: { stream: 'cam', token: null },
  play: { ...OVER, ...at('503', PLAYERS) },
};

const BARRED = { deny: ['127.0.0.0/8'] };
const SIGNED = { token: 'signed' };
const ENV = {
  SRS_SUPERVISOR_ACCESS_RULES: JSON.stringify([
    { app: 'barred', publish: BARRED, play: BARRED },
    { app: 'guarded', publish: SIGNED, play: SIGNED },
  ]),
  SRS_SUPERVISOR_ACCESS_KEYS: 'k1:a-secret-of-this-year',
  SRS_SUPERVISOR_VHOSTS: `${TS_VHOST}=ts`,
  SRS_SUPERVISOR_LIMITS_VIEWERS_PER_STREAM: '1',
  SRS_SUPERVISOR_LIMITS_STREAMS_PER_IP: '1',
  SRS_SUPERVISOR_LIMITS_STREAMS: '2',
};

/** Returns the counters of the port that refuses a client. */
async function countersOf({ supervisor }: Box, listener: string): Promise<ListenerCounters> {
  const { listeners } = await supervisor.get<AdminStatus>('status');
  const { clients } = listeners.find(({ name }) => name === listener) ?? {};
  assert.ok(clients, listener);
  return clients;
}

/** The port whose clients these are. */
const PORTS: Readonly<Record<Protocol, string>> = {
  ...{ rtmp: 'rtmp', srt: 'srt', whip: 'rtc', whep: 'rtc' },
  ...{ flv: 'http', ts: 'http', hls: 'http' },
};

/** Asks by each protocol; asserts the answer, the counter and the log's line. */
async function assertRefused(box: Box, isSrs: boolean, reason: Reason): Promise<void> {
  const { failure, why, asked } = reason;
  for (const role of ['publish', 'play'] as const) {
    for (const [name, answer] of Object.entries(reason[role] ?? {})) {
      // mini-srs speaks no SRT.
      if (name === 'srt' && !isSrs) continue;
      const what = `${role} by ${name}: ${failure}`;
      const protocol = name as Protocol;
      const count = async () => (await countersOf(box, PORTS[protocol])).failed[failure];
      const before = await count();
      assert.equal(await told(box, protocol, role, asked), answer, what);
      await until(`${what} is counted once`, async () => (await count()) === before + 1);
    }
  }
  const { output } = box.supervisor;
  const isOfIt = (line: string) => line.includes('"failure"') && line.includes(why);
  const lines = output.split('\n').filter(isOfIt);
  assert.ok(lines.length > 0, why);
  for (const line of lines) assert.equal(JSON.parse(line).failure, failure);
}

for (const origin of origins()) {
  const isSrs = origin.name === 'srs';

  describe(`refusals, ${origin.name}`, { ...BOUNDED, skip: NO_REDIS }, () => {
    const cast = new Cast();
    const publishers: RtmpClient[] = [];
    let cluster: Cluster;

    before(async () => {
      cluster = await Cluster.start({ origin: origin.path, children: 1, env: ENV });
      cast.publish(cluster.a.supervisor.url('live/cam'));
      await cluster.a.supervisor.ownerOf('live/cam');
    });
    after(async () => {
      for (const publisher of publishers) publisher.close();
      await cast.close();
      await cluster?.dispose();
    });

    async function publish(box: Box, stream: string, from?: string): Promise<void> {
      const { rtmpPort } = box.supervisor;
      const publisher = await RtmpClient.open(rtmpPort, from);
      publishers.push(publisher);
      publisher.publish(`rtmp://127.0.0.1:${rtmpPort}/live`, stream);
      await publisher.hears('NetStream.Publish.Start');
    }

    for (const which of ['a', 'b'] as const) {
      const where = which === 'a' ? 'the box that has the stream' : 'another box';

      it(`are by rules and for a busy name, at ${where}`, async () => {
        for (const reason of BY_RULES) await assertRefused(cluster[which], isSrs, reason);
      });

      it(`are by limits on players, at ${where}`, async () => {
        const box = cluster[which];
        const url = box.supervisor.url('live/cam');
        const players = [await cast.play(url), await cast.play(`${url}?vhost=${TS_VHOST}`)];
        await assertRefused(box, isSrs, VIEWERS);
        for (const player of players) await player.close();
        await until('a free place', async () => {
          return (await told(box, 'flv', 'play', VIEWERS.asked)) === '200';
        });
      });

      it(`are by limits on streams, at ${where}`, async () => {
        const box = cluster[which];
        // The other box's stream was counted there.
        if (which === 'b') await publish(box, 'first');
        await assertRefused(box, isSrs, PER_ADDRESS);
        await publish(box, `${which}-second`, '127.0.0.2');
        await assertRefused(box, isSrs, IN_ALL);
      });

      it(`are in events with their limit, at ${where}`, async () => {
        const { supervisor } = cluster[which];
        const entries = await supervisor.get<readonly EventEntry[]>('events');
        for (const { failure, why } of [...BY_RULES, PER_ADDRESS, IN_ALL, VIEWERS]) {
          const found = entries.find(({ event }) => `${event.reason}`.includes(why))?.event;
          assert.equal(found?.failure, failure, why);
          const limit = why.startsWith('limits.') ? `limits.${failure}` : undefined;
          assert.equal(found?.limit, limit);
        }
      });
    }
  });
}

const ALL: readonly (readonly [Protocol, Role])[] = [
  ...(['rtmp', 'srt', 'whip'] as const).map((name) => [name, 'publish'] as const),
  ...(['rtmp', 'srt', ...PLAYERS] as const).map((name) => [name, 'play'] as const),
];
const UNREAD: Readonly<Record<Protocol, string>> = {
  rtmp: 'closed',
  srt: '2402',
  ...{ whip: '503', whep: '503', flv: '503', ts: '503', hls: '503' },
};
/** The port that refuses them unread. */
const DOORS = { ...PORTS, whip: 'api', whep: 'api' };
type ConnectionLimit = Exclude<keyof ListenerCounters['refusedBy'], 'drain'>;

describe('refusals of connections', BOUNDED, () => {
  const origin = origins().find(({ name }) => name === 'srs') ?? origins()[0];
  const isSrs = origin?.name === 'srs';
  const crowd = new Crowd();
  const cast = new Cast();
  let box: Box;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-refusals-e2e-'));
    await writeFile(join(folder, 'box.yaml'), 'limits: { connectionsPerIp: 3 }\n');
    const [http, api, rtc] = [await freePort(), await freePort(), await freePort()];
    const srt = await freePort();
    const supervisor = await RunningSupervisor.start({
      origin: origin?.path ?? '',
      children: 1,
      ports: { http, api, rtc, srt },
      args: ['--config', join(folder, 'box.yaml')],
      env: { SRS_SUPERVISOR_LOG_LEVEL: 'debug' },
    });
    box = { supervisor, host: '127.0.0.1', http, api, srt };
  });
  after(async () => {
    crowd.leave();
    await cast.close();
    await box?.supervisor.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function limit(text: string): Promise<void> {
    await writeFile(join(folder, 'box.yaml'), `limits: { ${text} }\n`);
    const done = await cli(['reload', '--admin', `127.0.0.1:${box.supervisor.adminPort}`]);
    assert.equal(done.code, 0, done.stderr);
  }

  /** Asks by each protocol from an address of its own, after `prepare` has used that up. */
  async function assertUnread(
    name: ConnectionLimit,
    prepare: (from: string, port: number) => unknown,
  ): Promise<void> {
    let address = 1;
    for (const [protocol, role] of ALL) {
      if (protocol === 'srt' && !isSrs) continue;
      address += 1;
      const from = `127.0.3.${address}`;
      const what = `${role} by ${protocol}: ${name}`;
      const count = async () => (await countersOf(box, DOORS[protocol])).refusedBy[name];
      const before = await count();
      await until(what, async () => {
        // Those are counted at another port.
        await prepare(from, protocol === 'rtmp' ? box.http : box.supervisor.rtmpPort);
        const answer = await told(box, protocol, role, { stream: 'x', token: null, from });
        crowd.leave();
        return answer === UNREAD[protocol];
      });
      await until(`${what} is counted`, async () => (await count()) > before);
    }
    assert.ok(box.supervisor.output.includes(`"limit":"limits.${name}"`), name);
  }

  it('are by the number of an address', () =>
    assertUnread('connectionsPerIp', async (from, port) => {
      crowd.come(6, { port, from, says: '' });
      await until('three are there', () => crowd.size === 3);
    }));

  it('are by the rate of an address', async () => {
    await limit('newConnectionsPerIp: 1');
    await assertUnread('newConnectionsPerIp', async (from, port) => {
      crowd.come(20, { port, from, says: '' });
      await until('the surplus is gone', () => crowd.size <= 10);
    });
  });

  it('are by the number of all', async () => {
    await limit('connections: 3');
    // Players that wait are not pending: they do not go for others.
    for (let n = 0; n < 3; n += 1) await cast.play(box.supervisor.url('live/nobodys'));
    await assertUnread('connections', () => {});
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import { silentLogger } from '../../src/logging/logger.js';
import { Steering } from '../../src/relay/kernel/steering.js';
import { NO_CHROMIUM } from '../helpers/browser.js';
import { FarChecker, type Way } from '../helpers/far-checker.js';
import { FAR, FarSide, isInside, NEAR, NO_NAMESPACES, runInside } from '../helpers/namespaces.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RtcCast } from '../helpers/rtc-cast.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const ENV = { SRS_SUPERVISOR_RTC_MEDIA: 'offload' };
const CHECKS = 8;

/** All that nftables has, but for what it has learnt itself and forgets. */
const rules = () =>
  execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }).replace(
    /(map local|set left)[46] \{.*?\n\t\}/gs,
    '',
  );
const tables = () => rules().match(/^table inet srs_supervisor_\d\w+/gm) ?? [];

const commandOf = (pid: string) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

/** While this runs, no datagram passes through the supervisor's process. */
async function whileStopped<T>({ pid }: RunningSupervisor, work: () => Promise<T>): Promise<T> {
  process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

for (const origin of isInside ? origins() : []) {
  describe(`WebRTC offload on ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let side: FarSide;
    let client: FarChecker;
    let ports = { api: 0, rtc: 0 };
    let api = '';
    let way: Way;

    before(async () => {
      side = await FarSide.open();
      client = new FarChecker(side);
      ports = { api: await freePort(), rtc: await freePort() };
      api = `http://${NEAR.ip}:${ports.api}`;
      way = { from: FAR.ip, to: NEAR.ip, port: ports.rtc };
      supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: 2,
        ports,
        env: ENV,
      });
    });
    after(async () => {
      await client?.close();
      await side?.close();
      await supervisor?.dispose();
    });

    const rows = async () => (await supervisor.connections()).filter(({ role }) => role !== null);
    const flowsPast = (session: Parameters<FarChecker['check']>[0], by: Way) =>
      whileStopped(supervisor, () => client.check(session, by, CHECKS));

    it('lets the kernel carry a session, which is seen all the same', async () => {
      const session = await client.session(api, 'kernel');
      await client.meet(session, way);
      assert.equal(await flowsPast(session, way), CHECKS);
      const [row] = await until('its bytes', async () => {
        const seen = await rows();
        return seen.some(({ bytesIn, bytesOut }) => bytesIn > 0 && bytesOut > 0) && seen;
      });
      assert.match(`${row?.child}`, /^c\d{3}$/);
      assert.match(`${row?.client}`, new RegExp(`^${FAR.ip}:`));
      assert.equal(await client.remove(api + session.location), 200);
      await until('no rule', () => !rules().includes(FAR.ip));
      assert.deepEqual(await rows(), []);
      assert.equal(await client.check(session, way, 1), 0);
    });

    it('answers from the address that was asked', async () => {
      const session = await client.session(api, 'other');
      const other = { ...way, from: `${FAR.ip} other`, to: NEAR.other };
      await client.meet(session, other);
      assert.equal(await flowsPast(session, other), CHECKS);
      assert.equal(await client.remove(api + session.location), 200);
    });

    it('follows a client to another address', async () => {
      const session = await client.session(api, 'moving');
      await client.meet(session, way);
      const moved = { ...way, from: FAR.other };
      await client.meet(session, moved);
      assert.equal(await flowsPast(session, moved), CHECKS);
      assert.equal(await client.remove(api + session.location), 200);
      await until('no rule', () => !rules().includes(FAR.other) && !rules().includes(FAR.ip));
    });

    it('gives an address to its newest session', async () => {
      const first = await client.session(api, 'first');
      await client.meet(first, way);
      const second = await client.session(api, 'second');
      await client.meet(second, way);
      assert.equal(await flowsPast(second, way), CHECKS);
      assert.equal(await client.remove(api + second.location), 200);
      await client.remove(api + first.location);
    });

    it('serves IPv6 by the relay, for children have none', async () => {
      const session = await client.session(api, 'six');
      const six = { from: FAR.ip6, to: NEAR.ip6, port: ports.rtc };
      await client.meet(session, six);
      assert.equal(await client.remove(api + session.location), 200);
    });

    it('removes the rules with the child', async () => {
      const session = await client.session(api, 'orphan');
      await client.meet(session, way);
      const [row] = await rows();
      const { pid } = await supervisor.child(row?.child ?? '');
      signal(pid ?? 0, 'SIGKILL');
      await until('no rule', () => !rules().includes(FAR.ip));
      await until('no session', async () => (await rows()).length === 0);
    });

    it('goes on with a browser’s media', { skip: NO_CHROMIUM }, async () => {
      const cast = await RtcCast.open(`http://127.0.0.1:${ports.api}`);
      try {
        await cast.start('publish', 'cam');
        const [player] = await cast.start('play', 'cam');
        await cast.sees(player);
        await whileStopped(supervisor, () => cast.sees(player));
      } finally {
        await cast.close();
      }
    });

    it('leaves no rule, however it ends', async () => {
      assert.equal(tables().length, 1);
      await supervisor.stop('SIGKILL');
      await until('no table', () => tables().length === 0);
      const { workDir } = supervisor;
      const again = { origin: origin.path, children: 2, ports, env: ENV, workDir };
      supervisor = await RunningSupervisor.start(again);
      assert.equal(tables().length, 1);
      const session = await client.session(api, 'again');
      await client.meet(session, way);
      assert.equal(await flowsPast(session, way), CHECKS);
      assert.equal(await supervisor.stop(), 0);
      assert.deepEqual(tables(), []);
    });

    it('relays on when nft is killed', async () => {
      const { workDir } = supervisor;
      const again = { origin: origin.path, children: 2, ports, env: ENV, workDir };
      supervisor = await RunningSupervisor.start(again);
      const session = await client.session(api, 'killed');
      await client.meet(session, way);
      const children = readFileSync(
        `/proc/${supervisor.pid}/task/${supervisor.pid}/children`,
        'utf8',
      );
      const all = children.match(/\d+/g) ?? [];
      for (const pid of all) if (commandOf(pid) === 'nft') signal(Number(pid), 'SIGKILL');
      await until('no table', () => tables().length === 0);
      await client.meet(session, way);
      assert.match(supervisor.output, /nft is gone/);
    });
  });
}

if (isInside)
  describe('WebRTC offload by IPv6', BOUNDED, () => {
    it('steers to a child that has it, and back', async () => {
      const side = await FarSide.open();
      const client = new FarChecker(side);
      const [ours, child] = [createSocket('udp6'), createSocket('udp6')];
      for (const socket of [ours, child]) socket.bind(0, '::');
      await Promise.all([once(ours, 'listening'), once(child, 'listening')]);
      const { port } = ours.address();
      const table = { name: 'srs_supervisor_six', port, host: null, size: 8 };
      const steering = await Steering.open({ table, idleMs: 60_000, logger: silentLogger });
      const session = { username: 'S'.repeat(23), password: 'p', location: '' };
      const { username } = session;
      let met = 0;
      ours.on('message', async (_, { address: ip, port: from }) => {
        met += 1;
        const childPort = child.address().port;
        const sender = { ip, port: from };
        await steering.learn(sender);
        assert.ok(steering.open({ client: sender, childPort, username }));
      });
      child.on('message', (bytes, from) => child.send(bytes, from.port, from.address));
      await client.meet(session, { from: FAR.ip6, to: NEAR.ip6, port });
      const before = met;
      const way = { from: FAR.ip6, to: NEAR.ip6, port };
      assert.equal(await client.check(session, way, CHECKS), CHECKS);
      assert.equal(met, before);
      await steering.close();
      assert.deepEqual(tables(), []);
      for (const socket of [ours, child]) socket.close();
      await client.close();
      await side.close();
    });
  });

describe('WebRTC offload', { ...BOUNDED, skip: NO_NAMESPACES || isInside }, () => {
  it('works in a network namespace', async () => {
    const { code, output } = await runInside(import.meta.filename);
    assert.equal(code, 0, output);
  });
});

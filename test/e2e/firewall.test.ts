import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import type { ChildPorts } from '../../src/child/types.js';
import { Firewall } from '../../src/firewall/firewall.js';
import { FarChecker, HERE } from '../helpers/far-checker.js';
import {
  FAR,
  FarSide,
  isInside,
  NEAR,
  NO_NAMESPACES,
  reachesHere,
  runInside,
} from '../helpers/namespaces.js';
import { type Origin, origins } from '../helpers/origins.js';
import { CHILD_PORT_BASE, freePort } from '../helpers/ports.js';
import { RunningSupervisor, type RunOptions } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const LOOPBACK = '127.0.0.1';
/** A command that takes the right to nftables from the one behind it. */
const WITHOUT_RIGHT = ['setpriv', '--bounding-set', '-net_admin', '--'];
const OPEN_LINES = /children\.firewall: [^"]*others can reach/g;

const rules = () => execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
const tables = () => rules().match(/^table inet srs_supervisor_children\w+/gm) ?? [];
const commandOf = (pid: string) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

function nftOf({ pid }: RunningSupervisor): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? [];
  return Number(children.find((child) => commandOf(child) === 'nft'));
}

let side: FarSide;
let client: FarChecker;
let here: FarChecker;
let ports = { api: 0, rtc: 0, srt: 0 };
let supervisor: RunningSupervisor | null = null;

async function start(origin: Origin, options: Partial<RunOptions> = {}) {
  ports = { api: await freePort(), rtc: await freePort(), srt: await freePort() };
  supervisor = await RunningSupervisor.start({
    origin: origin.path,
    children: 2,
    ports,
    ...options,
  });
  return supervisor;
}

async function stop(): Promise<void> {
  await supervisor?.dispose();
  supervisor = null;
}

/**
 * Tells which of a child's ports answer (`rtc tcp`, `srt`): from `far`, from this machine's own
 * address, or by loopback.
 */
async function openPorts({ rtc, srt }: ChildPorts, from: 'far' | 'near' | 'loopback') {
  const ip = from === 'loopback' ? LOOPBACK : NEAR.ip;
  const place = { ip, port: rtc };
  const [reaches, calls] = await Promise.all([
    from === 'far' ? side.reaches(place) : reachesHere(place),
    (from === 'far' ? client : here).calls(ip, srt),
  ]);
  return [...(reaches ? ['rtc tcp'] : []), ...(calls ? ['srt'] : [])];
}

/** A session, and how many of three ICE checks its child's own port answers to the far side. */
async function checksPast(box: RunningSupervisor, stream: string): Promise<number> {
  const session = await client.session(`http://${NEAR.ip}:${ports.api}`, stream);
  const way = { from: FAR.ip, to: NEAR.ip, port: ports.rtc };
  const [row] = await until('its row', async () => {
    const rows = (await box.connections()).filter((one) => one.stream?.endsWith(stream));
    return rows.length > 0 && rows;
  });
  const child = await box.child(row?.child ?? '');
  const past = await client.check(session, { ...way, port: child.ports.rtc }, 3);
  if (past === 0) await client.meet(session, way);
  return past;
}

async function assertClosed(box: RunningSupervisor, srtToo: boolean): Promise<void> {
  for (const child of await box.children()) {
    assert.deepEqual(await openPorts(child.ports, 'far'), []);
    assert.deepEqual(await openPorts(child.ports, 'near'), []);
    const all = srtToo ? ['rtc tcp', 'srt'] : [];
    assert.deepEqual(await openPorts(child.ports, 'loopback'), all);
  }
}

if (isInside) {
  before(async () => {
    side = await FarSide.open();
    client = new FarChecker(side);
    here = new FarChecker(HERE);
  });
  after(async () => {
    await here?.close();
    await client?.close();
    await side?.close();
  });

  describe('a firewall of ours', BOUNDED, () => {
    it('closes ports of both families and opens them again', async () => {
      const server = createServer((socket) => socket.destroy()).listen(0, '::');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const places = [NEAR.ip, NEAR.ip6].map((ip) => ({ ip, port }));
      const reached = () =>
        Promise.all([
          ...places.map((place) => side.reaches(place)),
          ...places.map(reachesHere),
          ...[LOOPBACK, '::1'].map((ip) => reachesHere({ ip, port })),
        ]);
      const firewall = await Firewall.open();
      assert.deepEqual(await reached(), [true, true, true, true, true, true]);
      await firewall.close({ udp: [], tcp: [[port, port]] });
      assert.deepEqual(await reached(), [false, false, false, false, true, true]);
      const other = await Firewall.open();
      await other.close({ udp: [[port, port]], tcp: [] });
      await firewall.close({ udp: [], tcp: [[1, 1]] });
      assert.deepEqual(await reached(), [true, true, true, true, true, true]);
      assert.equal(tables().length, 2);
      await firewall.end();
      assert.equal(tables().length, 1);
      await other.end();
      await assert.rejects(other.close({ udp: [], tcp: [] }), { code: 'ERR_CONFIG' });
      assert.deepEqual(tables(), []);
      server.close();
    });
  });
}

for (const origin of isInside ? origins() : []) {
  const isSrs = origin.name === 'srs';

  describe(`children unseen from outside, on ${origin.name}`, BOUNDED, () => {
    after(stop);

    it('are reached by our ports alone', async () => {
      const box = await start(origin);
      await assertClosed(box, isSrs);
      assert.equal(await checksPast(box, 'relayed'), 0);
      if (isSrs) assert.ok(await client.calls(NEAR.ip, ports.srt));
      assert.equal(tables().length, isSrs ? 1 : 0);
      assert.doesNotMatch(box.output, OPEN_LINES);
      await box.stop('SIGKILL');
      await until('no table', () => tables().length === 0);
      await stop();
    });

    it('keep the port open that direct offers', async () => {
      const box = await start(origin, { env: { SRS_SUPERVISOR_RTC_MEDIA: 'direct' } });
      assert.equal(await checksPast(box, 'straight'), 3);
      const { ports: own } = await box.child('c001');
      assert.deepEqual(await openPorts(own, 'far'), isSrs ? ['rtc tcp'] : []);
      assert.equal(await box.stop(), 0);
      assert.deepEqual(tables(), []);
      await stop();
    });

    it('take what the kernel hands over', async () => {
      const box = await start(origin, { env: { SRS_SUPERVISOR_RTC_MEDIA: 'offload' } });
      assert.equal(tables().length, 1);
      await assertClosed(box, isSrs);
      assert.equal(await checksPast(box, 'handed'), 0);
      const { workDir } = box;
      await until('flows past us', async () => rules().includes(FAR.ip));
      assert.equal(await box.stop(), 0);
      assert.equal(rules(), '', workDir);
      await stop();
    });

    it('run on where it is turned off', async () => {
      const env = { SRS_SUPERVISOR_CHILDREN_FIREWALL: 'off', SRS_SUPERVISOR_RTC_MEDIA: 'offload' };
      const box = await start(origin, { env });
      assert.deepEqual(tables(), []);
      assert.doesNotMatch(box.output, OPEN_LINES);
      await stop();
    });
  });

  if (!isSrs) continue;

  describe('a firewall for children that bind every address', BOUNDED, () => {
    after(stop);

    it('comes back when nft is killed, and does not mind another supervisor’s', async () => {
      const box = await start(origin);
      const other = await RunningSupervisor.start({
        origin: origin.path,
        children: 1,
        ports: { rtc: await freePort() },
      });
      assert.equal(tables().length, 2);
      await other.stop('SIGKILL');
      await until('one table', () => tables().length === 1);
      await assertClosed(box, true);
      signal(nftOf(box), 'SIGKILL');
      await until('a line', () => box.output.match(OPEN_LINES));
      await until('it is back', () => tables().length === 1);
      await until('its line', () => /closed again/.test(box.output));
      await assertClosed(box, true);
      await other.dispose();
      await stop();
    });

    it('is one line with the command where it cannot be', async () => {
      const box = await start(origin, { behind: WITHOUT_RIGHT });
      assert.equal(box.output.match(OPEN_LINES)?.length, 1, box.output);
      assert.match(box.output, /no right to nftables \(CAP_NET_ADMIN\)/);
      const { ports: own } = await box.child('c002');
      assert.deepEqual(await openPorts(own, 'far'), ['rtc tcp', 'srt']);
      const [, command = ''] = /as root, run: (nft '[^']+')/.exec(box.output) ?? [];
      execFileSync('sh', ['-c', command]);
      await assertClosed(box, true);
      assert.equal(await checksPast(box, 'by-hand'), 0);
      const remove = `delete table inet srs_children_${CHILD_PORT_BASE}`;
      execFileSync('nft', [remove]);
      assert.deepEqual(await openPorts(own, 'far'), ['rtc tcp', 'srt']);
      assert.equal(rules(), '');
      await stop();
    });

    it('is insisted on', async () => {
      const env = { SRS_SUPERVISOR_CHILDREN_FIREWALL: 'on' };
      const options = { origin: origin.path, children: 1, ports, env, behind: WITHOUT_RIGHT };
      const box = await RunningSupervisor.launch(options);
      assert.equal(await box.ended(), 2);
      assert.match(box.output, /children\.firewall: on, but no right to nftables/);
      await box.dispose();
    });
  });
}

describe('children unseen from outside', { ...BOUNDED, skip: NO_NAMESPACES || isInside }, () => {
  it('in a network namespace', async () => {
    const { code, output } = await runInside(import.meta.filename);
    assert.equal(code, 0, output);
  });
});

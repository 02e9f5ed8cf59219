import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Binary } from '../../src/child/binary.js';
import { parseTemplate } from '../../src/child/template.js';
import type { ChildDown } from '../../src/child/types.js';
import { RESERVED_CONNECTIONS } from '../../src/child-access/reserve.js';
import { CONF, isGone, makeFleet, mini, NO_SRS, real, tempDir, until } from './helpers.js';

const TIMES = { aliveEvery: 100, timeLimit: 1500, misses: 3, deafLimit: 5000 };

test('of three real children one is killed and comes back at once', { skip: NO_SRS }, (t) =>
  killOneOfThree(t, real),
);

test('so it is with mini-srs', (t) => killOneOfThree(t, mini));

test('a real child that hangs is replaced', { skip: NO_SRS }, async (t) => {
  const fleet = await makeFleet(t, { binary: real, cpus: [[], []], times: TIMES });
  await fleet.start();
  const { pid } = fleet.status('c001')!;
  const down = new Promise<ChildDown>((resolve) => fleet.once('down', resolve));
  assert.equal(fleet.status('c001')?.answering, true);
  process.kill(pid!, 'SIGSTOP');
  // Silent, but not given up yet: nothing new is to be placed on it.
  await until(() => fleet.status('c001')?.answering === false);
  assert.equal(fleet.status('c001')?.state, 'ready');
  assert.equal((await down).reason, 'hung: it is stopped by a signal');
  await until(() => fleet.status('c001')?.generation === 2);
  await until(() => fleet.status('c001')?.state === 'ready');
  assert.equal(fleet.status('c001')?.answering, true);
  assert.ok(await isGone(pid!));
  assert.equal(fleet.status('c002')?.generation, 1);
});

test('the API password of a template is used by our probes', { skip: NO_SRS }, async (t) => {
  const template = parseTemplate('http_api { auth { enabled on; username u; password p; } }');
  const fleet = await makeFleet(t, { binary: real, conf: { ...CONF, template }, times: TIMES });
  await fleet.start();
  assert.equal(fleet.status('c001')?.state, 'ready');
});

test('a child that has gone deaf for too many connections is replaced', {
  skip: NO_SRS,
}, async (t) => {
  const fleet = await makeFleet(t, {
    binary: real,
    conf: { ...CONF, maxConnections: 1 },
    times: TIMES,
  });
  await fleet.start();
  const { ports } = fleet.status('c001')!;
  const down = new Promise<ChildDown>((resolve) => fleet.once('down', resolve));
  for (let i = 0; i < RESERVED_CONNECTIONS + 10; i++) {
    const client = connect(ports.api, '127.0.0.1').on('error', () => {});
    t.after(() => client.destroy());
  }
  assert.match((await down).reason, /^hung/);
  await until(() => fleet.status('c001')?.state === 'ready');
});

test('a config that SRS refuses stops the start, with its reason', { skip: NO_SRS }, async (t) => {
  const template = parseTemplate('foo on;');
  const fleet = await makeFleet(t, { binary: real, conf: { ...CONF, template } });
  await assert.rejects(fleet.start(), (error: Error) => {
    assert.match(error.message, /c001\.conf: srs 7 refuses it: .*illegal directive foo/);
    assert.equal(error.message.split('\n').length, 1);
    return true;
  });
});

async function killOneOfThree(t: TestContext, binary: Binary): Promise<void> {
  const workDir = await tempDir(t);
  const fleet = await makeFleet(t, { binary, cpus: [[], [], []], workDir });
  const progress: number[] = [];
  await fleet.start((done) => progress.push(done));
  assert.deepEqual(progress, [1, 2, 3]);
  const before = fleet.statuses();
  assert.deepEqual(
    before.map(({ id, state, generation, restarts, lastError }) => ({
      id,
      state,
      generation,
      restarts,
      lastError,
    })),
    ['c001', 'c002', 'c003'].map((id) => ({
      id,
      state: 'ready',
      generation: 1,
      restarts: 0,
      lastError: null,
    })),
  );
  assert.equal(new Set(before.map(({ ports }) => ports.rtmp)).size, 3);

  const downs: ChildDown[] = [];
  fleet.on('down', (down) => downs.push(down));
  const victim = before[1]!;
  process.kill(victim.pid!, 'SIGKILL');
  const again = await until(() => {
    const status = fleet.status('c002');
    return status?.state === 'ready' && status.generation === 2 && status;
  });
  assert.deepEqual(downs, [{ id: 'c002', generation: 1, reason: 'killed by SIGKILL' }]);
  assert.notEqual(again.pid, victim.pid);
  assert.equal(again.restarts, 1);
  assert.deepEqual(again.ports, victim.ports);
  assert.equal(fleet.status('c001')?.generation, 1);

  const pids = fleet.statuses().map(({ pid }) => pid!);
  await fleet.close();
  for (const pid of pids) assert.ok(await isGone(pid));
  assert.deepEqual(
    fleet.statuses().map(({ state, pid }) => [state, pid]),
    Array(3).fill(['stopped', null]),
  );
  const files = await readdir(join(workDir, 'pids'));
  assert.deepEqual(
    files.filter((name) => !name.endsWith('.id')),
    [],
  );
  assert.match(await readFile(join(workDir, 'logs/c002.log'), 'utf8'), /RTMP/);
}

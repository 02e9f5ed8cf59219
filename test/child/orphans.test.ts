import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FleetOptions } from '../../src/child/fleet-options.js';
import { inPidNamespace, NO_PID_NAMESPACES } from '../helpers/pid-namespace.js';
import {
  CONF,
  fixture,
  isGone,
  makeFleet,
  NO_SRS,
  portBase,
  real,
  tempDir,
  until,
} from './helpers.js';

const PROGRAM = fileURLToPath(new URL('./fleet-process.js', import.meta.url));

/** Starts another supervisor, kills it, and answers the pids its children had. */
async function killedSupervisor(t: TestContext, options: Partial<FleetOptions>): Promise<number[]> {
  const all = { cpus: [[], []], portBase: portBase(), conf: CONF, ...options };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(all)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [text] = await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const pids: number[] = JSON.parse(text);
  assert.equal(pids.length, 2);
  return pids;
}

test('a supervisor that is killed leaves no child, and its directory can be used', {
  skip: NO_SRS,
}, async (t) => {
  const workDir = await tempDir(t);
  const pids = await killedSupervisor(t, { binary: real, workDir });
  for (const pid of pids) await until(() => isGone(pid), 10_000);
  const fleet = await makeFleet(t, { binary: real, workDir });
  await fleet.start();
  assert.equal(fleet.status('c001')?.state, 'ready');
});

test('what a killed supervisor could not end, the next one does', async (t) => {
  for (const binary of NO_SRS ? [fixture('ready')] : [fixture('ready'), real]) {
    const workDir = await tempDir(t);
    const base = portBase();
    const guard = false;
    const pids = await killedSupervisor(t, { binary, workDir, guard, portBase: base });
    for (const pid of pids) assert.ok(!(await isGone(pid)));
    const fleet = await makeFleet(t, { binary, workDir, portBase: base });
    await fleet.start();
    for (const pid of pids) assert.ok(await isGone(pid));
    assert.equal(fleet.status('c001')?.state, 'ready');
  }
});

test('PID 1 reaps orphans, and takes no child of its own away from Node', {
  skip: NO_PID_NAMESPACES,
}, async (t) => {
  const { output } = await inPidNamespace(t, 'child/reaps-orphans.js');
  assert.deepEqual(JSON.parse(output), { pid: 1, own: 200, isRight: true });
});

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { Binary } from '../../src/child/binary.js';
import type { Fleet } from '../../src/child/fleet.js';
import type { ChildDown } from '../../src/child/types.js';
import { readAffinity } from '../../src/cpu/affinity.js';
import { createLogger } from '../../src/logging/logger.js';
import { cleanup, fixture, makeFleet, mini, NO_SRS, real, until } from './helpers.js';

const TIMES = { aliveEvery: 100, timeLimit: 300, misses: 3 };
const NO_LINUX = process.platform === 'linux' ? false : 'there is no /proc here';

/** The log of a fleet, an entry for each line. */
function logOf(): { logger: ReturnType<typeof createLogger>; lines: string[] } {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  return { logger: createLogger('info', { people: false, write }), lines };
}

function downsOf(fleet: Fleet): ChildDown[] {
  const downs: ChildDown[] = [];
  fleet.on('down', (down) => downs.push(down));
  return downs;
}

const isHealth = (fleet: Fleet, id: string, health: string) =>
  until(() => fleet.status(id)?.health === health, 60_000);

test('a deadlocked child is replaced, with the evidence in one line', {
  skip: NO_LINUX,
}, async (t) => {
  const { logger, lines } = logOf();
  const fleet = await makeFleet(t, { binary: fixture('ails'), times: TIMES, logger });
  const downs = downsOf(fleet);
  await fleet.start();
  process.kill(fleet.status('c001')!.pid!, 'SIGUSR2');
  await until(() => fleet.status('c001')?.generation === 2);
  await until(() => fleet.status('c001')?.state === 'ready');
  assert.deepEqual(
    downs.map(({ reason }) => reason),
    ['hung: it sleeps and does not answer'],
  );
  const told = lines.filter((line) => line.includes('child is hung'));
  assert.equal(told.length, 1);
  const { child, why, unanswered, since, rtmp, process: seen, ownFaults } = JSON.parse(told[0]!);
  assert.deepEqual([child, unanswered, rtmp, ownFaults], ['c001', 3, false, []]);
  assert.match(why, /sleeps/);
  assert.ok(Date.parse(since) < Date.now());
  assert.equal(seen.state, 'sleeping');
});

test('a child that spins is busy, and is replaced when it has done so for long', {
  skip: NO_LINUX,
}, async (t) => {
  const { logger, lines } = logOf();
  const times = { ...TIMES, spinLimit: 6000, spinCpu: 2000 };
  const binary = fixture('ails');
  const fleet = await makeFleet(t, { binary, times, logger, cpus: [[], []] });
  const downs = downsOf(fleet);
  await fleet.start();
  process.kill(fleet.status('c001')!.pid!, 'SIGUSR1');
  await isHealth(fleet, 'c001', 'busy');
  assert.equal(fleet.status('c001')?.answering, false);
  assert.equal(fleet.status('c001')?.state, 'ready');
  assert.equal(fleet.status('c002')?.health, 'ok');
  await until(() => fleet.status('c001')?.generation === 2, 60_000);
  assert.deepEqual(
    downs.map(({ id, reason }) => [id, reason]),
    [['c001', 'hung: it spins without an end']],
  );
  const about = lines.filter((line) => /busy|hung/.test(line) && line.includes('unanswered'));
  assert.deepEqual(
    about.map((line) => JSON.parse(line).msg.split(':')[0]),
    ['child is busy and does not answer', 'child is hung'],
  );
});

test('one that sends media meanwhile is not', { skip: NO_LINUX }, async (t) => {
  const times = { ...TIMES, spinLimit: 500, spinCpu: 100 };
  let isSending = true;
  const sends = () => isSending;
  const fleet = await makeFleet(t, { binary: fixture('ails'), times, sends, cpus: [[], []] });
  const downs = downsOf(fleet);
  await fleet.start();
  process.kill(fleet.status('c001')!.pid!, 'SIGUSR1');
  await isHealth(fleet, 'c001', 'busy');
  // Long enough: meanwhile another one is found hung, from its first probe on.
  process.kill(fleet.status('c002')!.pid!, 'SIGSTOP');
  await until(() => fleet.status('c002')?.generation === 2);
  assert.equal(fleet.status('c001')?.generation, 1);
  isSending = false;
  await until(() => fleet.status('c001')?.generation === 2, 60_000);
  assert.deepEqual(
    downs.map(({ id, reason }) => [id, reason]),
    [
      ['c002', 'hung: it is stopped by a signal'],
      ['c001', 'hung: it spins without an end'],
    ],
  );
});

test('an API that answers slowly is given time while RTMP answers', {
  skip: NO_LINUX,
}, async (t) => {
  const fleet = await makeFleet(t, { binary: fixture('answers-slowly'), times: TIMES });
  await fleet.start();
  for (let round = 0; round < 2; round++) {
    await isHealth(fleet, 'c001', 'silent');
    await isHealth(fleet, 'c001', 'ok');
  }
  assert.equal(fleet.status('c001')?.generation, 1);
});

test('a child that starts slowly is waited for while it is at work', {
  skip: NO_LINUX,
}, async (t) => {
  const { logger, lines } = logOf();
  const times = { startLimit: 1000 };
  const fleet = await makeFleet(t, { binary: fixture('starts-slowly'), times, logger });
  await fleet.start();
  assert.equal(fleet.status('c001')?.generation, 1);
  assert.equal(fleet.status('c001')?.state, 'ready');
  assert.equal(lines.filter((line) => line.includes('starts slowly')).length, 1);
});

test('of many that hang at one time only a share is replaced until these are back', {
  skip: NO_LINUX,
}, async (t) => {
  const { logger, lines } = logOf();
  const options = { cpus: [[], [], []], maxHungPercent: 40, times: TIMES, logger };
  const fleet = await makeFleet(t, { binary: fixture('ready'), ...options });
  let out = 0;
  let most = 0;
  fleet.on('down', () => {
    most = Math.max(most, ++out);
  });
  await fleet.start();
  fleet.on('ready', () => {
    out -= 1;
  });
  for (const { pid } of fleet.statuses()) process.kill(pid!, 'SIGSTOP');
  await until(() => fleet.statuses().every((one) => one.generation === 2 && one.state === 'ready'));
  assert.equal(most, 1);
  assert.ok(lines.some((line) => line.includes('too many')));
});

for (const [name, binary, skip] of [
  ['SRS', real, NO_SRS],
  ['mini-srs', mini, false],
] as const) {
  const noTools = spawnSync('chrt', ['-V']).status !== 0 && 'there is no chrt here';
  test(
    `${name} that gets no CPU is left alone, one that is stopped is replaced`,
    {
      skip: skip || noTools,
    },
    (t) => starve(t, binary),
  );
}

/** One child has a CPU with others that never sleep, and a lower class than they. */
async function starve(t: TestContext, binary: Binary): Promise<void> {
  const { logger, lines } = logOf();
  const times = { ...TIMES, timeLimit: 100 };
  const fleet = await makeFleet(t, { binary, cpus: [[], []], times, logger });
  const downs = downsOf(fleet);
  await fleet.start();
  const { pid } = fleet.status('c001')!;
  const { cpus } = (await readAffinity(process.pid))!;
  const cpu = `${cpus[0]}`;
  const rivals = Array.from({ length: 6 }, () => burn(cpu));
  cleanup(t, () => end(rivals));
  spawnSync('taskset', ['-a', '-c', '-p', cpu, `${pid}`]);
  spawnSync('chrt', ['-a', '--idle', '-p', '0', `${pid}`]);
  // Linux shares CPUs among sessions first: a child has one of its own, and so has each rival.
  await writeFile(`/proc/${pid}/autogroup`, '19').catch(() => {});
  await isHealth(fleet, 'c001', 'busy');

  process.kill(fleet.status('c002')!.pid!, 'SIGSTOP');
  await until(() => fleet.status('c002')?.generation === 2, 60_000);
  assert.equal(fleet.status('c001')?.pid, pid);
  end(rivals);
  await isHealth(fleet, 'c001', 'ok');
  assert.deepEqual(
    downs.map(({ id }) => id),
    ['c002'],
  );
  assert.ok(lines.some((line) => line.includes('answers again')));
}

function burn(cpu: string): ChildProcess {
  const loop = ['-e', 'for (;;);'];
  return spawn('taskset', ['-c', cpu, process.execPath, ...loop], {
    stdio: 'ignore',
    detached: true,
  });
}

function end(rivals: readonly ChildProcess[]): void {
  for (const rival of rivals) rival.kill('SIGKILL');
}

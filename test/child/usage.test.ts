import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { readUse, type Use } from '../../src/child/sample.js';
import { NO_USAGE, UsageMeter } from '../../src/child/usage.js';
import { until } from './helpers.js';

const BUSY_ON_WORD = `process.stdin.once('data', () => { for (;;); })`;

test('CPU and memory of the living are measured, the dead are forgotten', async (t) => {
  const start = (code: string) => spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
  const busy = start('for (;;);');
  const idle = start('setInterval(() => {}, 1000)');
  t.after(() => [busy, idle].map((child) => child.kill('SIGKILL')));
  const pids = new Set([busy.pid!, idle.pid!, 2 ** 22 - 1]);
  const often = (run: () => void) => {
    const timer = setInterval(run, 50);
    return () => clearInterval(timer);
  };
  const meter = new UsageMeter({ pids: () => [...pids] }, undefined, often);
  t.after(() => meter.close());
  assert.equal(meter.of(busy.pid!), NO_USAGE);
  await until(() => meter.of(busy.pid!).cpu > 5);
  await until(() => meter.of(idle.pid!).rss > 1e6);
  assert.equal(meter.of(2 ** 22 - 1), NO_USAGE);
  assert.equal(meter.of(null), NO_USAGE);

  idle.kill('SIGKILL');
  await once(idle, 'exit');
  busy.kill('SIGKILL');
  await once(busy, 'exit');
  pids.delete(busy.pid!);
  await until(() => meter.of(busy.pid!) === NO_USAGE);
  pids.clear();
  await until(() => meter.of(idle.pid!) === NO_USAGE);
});

test('one at rest is read seldom, one that gets busy at once', async (t) => {
  const child = spawn(process.execPath, ['-e', BUSY_ON_WORD], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  const pid = child.pid!;
  let last: Use | null = null;
  const read = () => {
    last = readUse(pid, last);
    return last!;
  };
  // It has started once two looks in a row find nothing new.
  await until(() => read().at !== read().seenAt && read().at !== read().seenAt);
  const { at, cpuMs } = read();
  assert.equal(read().at, at);
  child.stdin.write('work');
  await until(() => read().at > at);
  await until(() => read().cpuMs > cpuMs + 100);

  const old = { ...read(), at: performance.now() - 60_000, runNs: Number.POSITIVE_INFINITY };
  assert.ok(readUse(pid, old)!.at > old.at);
});

test('a process that does not run is told of', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 5)'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  let measure = () => {};
  const still: number[] = [];
  const often = (run: () => void) => {
    measure = run;
    return () => {};
  };
  const meter = new UsageMeter({ pids: () => [child.pid!] }, (pid) => still.push(pid), often);
  t.after(() => meter.close());
  await until(() => {
    measure();
    return meter.of(child.pid!).rss > 1e6;
  });
  child.kill('SIGSTOP');
  await until(() => {
    measure();
    return still.includes(child.pid!);
  });
});

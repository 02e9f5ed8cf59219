import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { OrphanReaper } from '../../src/child/orphans.js';
import { silentLogger } from '../../src/logging/logger.js';

/** Run as PID 1: makes orphans and children of its own, and prints what became of both. */
const ORPHANS = 5;
const OWN = 200;

async function zombies(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
  return (await Promise.all(stats)).filter((stat) => /\) Z /.test(stat)).length;
}

async function makeOrphans(): Promise<void> {
  for (let i = 0; i < ORPHANS; i++) {
    await once(spawn('sh', ['-c', '(exec true) & (exec sleep 0.05) &']), 'exit');
  }
  // Dead, and nobody has waited for them.
  while ((await zombies()) < ORPHANS) await delay(10);
}

async function runOwn(): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (let i = 0; i < OWN; i++) {
    const [code] = await once(spawn('sh', ['-c', `exit ${i % 100}`]), 'exit');
    codes.push(code);
  }
  return codes;
}

await makeOrphans();
const reaper = await OrphanReaper.open(silentLogger, 1);
const codes = await runOwn();
while ((await zombies()) > 0) await delay(10);
await reaper?.close();
const isRight = codes.every((code, i) => code === i % 100);
console.log(JSON.stringify({ pid: process.pid, own: codes.length, isRight }));
setInterval(() => {}, 1000);

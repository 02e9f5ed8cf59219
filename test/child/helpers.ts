import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Binary } from '../../src/child/binary.js';
import type { ConfOptions } from '../../src/child/conf-plan.js';
import { Fleet } from '../../src/child/fleet.js';
import type { FleetOptions } from '../../src/child/fleet-options.js';
import { readProcess } from '../../src/child/process.js';
import { NO_TEMPLATE } from '../../src/child/template.js';

/** The repository, seen from dist/test/child. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const REAL_SRS = process.env.SRS_BIN ?? '/usr/local/srs/objs/srs';
export const NO_SRS = existsSync(REAL_SRS) ? false : 'there is no SRS here';

export const real: Binary = {
  path: REAL_SRS,
  kind: 'srs',
  version: '7',
  bindsMedia: false,
  command: [REAL_SRS],
};

const miniPath = join(ROOT, 'srs-bin/mini-srs');

export const mini: Binary = {
  path: miniPath,
  kind: 'mini-srs',
  version: '7',
  bindsMedia: true,
  command: [process.execPath, miniPath],
};

export function fixturePath(name: string): string {
  return join(ROOT, 'test/fixtures/bin', `${name}.mjs`);
}

/** A fake SRS of test/fixtures/bin. */
export function fixture(name: string): Binary {
  const path = fixturePath(name);
  const command = [process.execPath, path];
  return { path, kind: 'srs', version: '7.0.99', bindsMedia: true, command };
}

/** No template, RTMP and HTTP-FLV only. */
export const CONF: ConfOptions = {
  maxConnections: 100,
  template: NO_TEMPLATE,
  vhosts: {},
  hls: null,
  rtc: false,
  srt: false,
  onLoopback: { rtc: false, srt: false },
};

const cleanups = new WeakMap<TestContext, (() => unknown)[]>();

/** Like `t.after`, but last in, first out: a fleet stops before its directory goes. */
export function cleanup(t: TestContext, step: () => unknown): void {
  const steps = cleanups.get(t) ?? [];
  steps.push(step);
  if (cleanups.has(t)) return;
  cleanups.set(t, steps);
  t.after(async () => {
    for (const each of steps.reverse()) await each();
  });
}

export async function tempDir(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'srs-supervisor-'));
  cleanup(t, () => rm(path, { recursive: true, force: true }));
  return path;
}

/** Waits until `check` answers something true. */
export async function until<T>(
  check: () => T | Promise<T>,
  limitMs = 30_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + limitMs;
  for (;;) {
    const result = await check();
    if (result) return result as Exclude<T, false | null | undefined>;
    assert.ok(performance.now() < end, `not so within ${limitMs} ms: ${check}`);
    await delay(20);
  }
}

export async function isGone(pid: number): Promise<boolean> {
  return (await readProcess(pid)) === null;
}

let nextBase = 21_000 + (process.pid % 40) * 250;

/** Where a fleet's ports may begin: not where another's of this run do. */
export function portBase(): number {
  nextBase += 15;
  return nextBase;
}

/** A fleet that is stopped after the test, in a directory of its own. */
export async function makeFleet(
  t: TestContext,
  options: Partial<FleetOptions> & Pick<FleetOptions, 'binary'>,
): Promise<Fleet> {
  const workDir = options.workDir ?? (await tempDir(t));
  const fleet = new Fleet({
    cpus: [[]],
    portBase: portBase(),
    conf: CONF,
    env: process.env,
    workDir,
    ...options,
  });
  cleanup(t, () => fleet.close());
  return fleet;
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { cleanup } from '../child/helpers.js';

const PREFIX = join(tmpdir(), 'srs-supervisor-disk-');

/** False, or why no file system can be mounted here. */
export const NO_MOUNTS = whyNot();

function mount(path: string, kilobytes: number): boolean {
  return (
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path]).status === 0
  );
}

/** Unmounts even if files are open. */
function unmount(path: string): void {
  spawnSync('umount', ['--lazy', path]);
}

function whyNot(): string | false {
  const path = mkdtempSync(PREFIX);
  const works = mount(path, 64);
  if (works) unmount(path);
  rmdirSync(path);
  return !works && 'no file system can be mounted here';
}

/** Mounts a file system of so many kilobytes until the end of the test. */
export async function smallDisk(t: TestContext, kilobytes: number): Promise<string> {
  const path = await mkdtemp(PREFIX);
  mount(path, kilobytes);
  cleanup(t, async () => {
    unmount(path);
    await rmdir(path);
  });
  return path;
}

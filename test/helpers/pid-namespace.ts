import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findProgram } from './programs.js';

/** Command prefix that makes a program PID 1 of a namespace with its own /proc. */
const AS_PID_1: readonly string[] = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** False, or why no PID namespace can be made here. */
export const NO_PID_NAMESPACES = whyNot();

function whyNot(): string | false {
  if (findProgram('unshare') === null) return 'needs unshare';
  const [program = '', ...words] = [...AS_PID_1, 'true'];
  return spawnSync(program, words).status !== 0 && 'no PID namespace can be made here';
}

/**
 * Runs a compiled script of test/ as PID 1 of a PID namespace; resolves with its first output. It
 * ends with the test.
 */
export async function inPidNamespace(
  t: TestContext,
  script: string,
  ...args: string[]
): Promise<{ process: ChildProcess; output: string }> {
  const path = join(import.meta.dirname, '..', script);
  const [program = '', ...words] = [...AS_PID_1, process.execPath, path, ...args];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [output] = await once(child.stdout, 'data');
  return { process: child, output: String(output) };
}

import { descriptorOf } from '../system/descriptor-of.js';
import type { KeptProcess } from './kept.js';
import type { Life } from './life.js';
import { readProcess } from './process.js';

/**
 * Returns what outlives the program of a process; null if that has ended, or cannot be told from
 * another.
 */
export async function keptProcess(life: Life | null): Promise<KeptProcess | null> {
  if (life === null) return null;
  const { pid, outputs } = life;
  const found = await readProcess(pid);
  const [stdout = null, stderr = null] = outputs.map(descriptorOf);
  if (found === null || stdout === null || stderr === null) return null;
  return { pid, startTicks: found.startTicks, stdout, stderr };
}

import { closeSync, openSync } from 'node:fs';
import { inspect, type Surroundings } from '../check/inspect.js';
import type { Config } from '../config/config.js';
import { allParts } from '../supervisor/kept-parts.js';
import { partOf } from '../upgrade/document.js';
import { readHandover } from '../upgrade/exec.js';
import { VERSION } from '../version.js';

/**
 * Proves that this program can follow the one that runs: it is loaded, reads that one's state from
 * a file and accepts the configuration. Returns the line that says so. Throws if it cannot.
 */
export async function provenBy(
  state: string,
  config: Config,
  around: Surroundings,
): Promise<string> {
  const fd = openSync(state, 'r');
  try {
    const handover = readHandover(fd);
    for (const part of allParts()) partOf(handover, part);
  } finally {
    closeSync(fd);
  }
  const { findings, prepared } = await inspect(config, { ...around, isOpen: true });
  if (prepared === null) throw findings.error ?? new Error('not prepared, though nothing failed');
  return `proven ${VERSION}\n`;
}

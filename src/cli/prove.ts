import { closeSync, openSync } from 'node:fs';
import { inspect, type Surroundings } from '../check/inspect.js';
import type { Config } from '../config/config.js';
import { allParts } from '../supervisor/kept-parts.js';
import { runsBy } from '../supervisor/runs-by.js';
import { type Handover, partOf } from '../upgrade/document.js';
import { readHandover } from '../upgrade/exec.js';
import { VERSION } from '../version.js';

/**
 * Proves that this program can follow the one that runs: it is loaded, reads that one's state from
 * a file and accepts the configuration that `read` gives. Returns the line that says so. Throws if
 * it cannot.
 */
export async function provenBy(
  state: string,
  read: () => Promise<Config>,
  around: Surroundings,
): Promise<string> {
  const handover = readState(state);
  for (const part of allParts()) partOf(handover, part);
  const { config } = await runsBy(handover, read);
  const { findings, prepared } = await inspect(config, { ...around, isOpen: true });
  if (prepared === null) throw findings.error ?? new Error('not prepared, though nothing failed');
  return `proven ${VERSION}\n`;
}

function readState(path: string): Handover {
  const fd = openSync(path, 'r');
  try {
    return readHandover(fd);
  } finally {
    closeSync(fd);
  }
}

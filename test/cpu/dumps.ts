import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTopology } from '../../src/cpu/topology.js';
import type { Topology } from '../../src/cpu/types.js';

/** Copies of real machines' /sys and /proc; lies beside the project, tests skip without it. */
export const DUMPS = join(import.meta.dirname, '../../../../shared/topologies');

/** Unpacks one machine, reads it, and removes it again. */
export function readDump(name: string): Topology {
  const root = mkdtempSync(join(tmpdir(), 'topology-'));
  try {
    execFileSync('tar', ['xzf', join(DUMPS, `${name}.tar.gz`), '-C', root]);
    return readTopology(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

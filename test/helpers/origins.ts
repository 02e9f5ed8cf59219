import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** A program that children run. */
export interface Origin {
  readonly name: 'mini-srs' | 'srs';
  readonly path: string;
}

function isExecutable(path: string | undefined): path is string {
  if (!path) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const MINI_SRS = join(ROOT, 'srs-bin/mini-srs');

/** Returns mini-srs, and the real SRS if this machine has one. */
export function origins(): Origin[] {
  const candidates = [process.env.SRS_BIN, join(ROOT, 'srs-bin/srs'), '/usr/local/srs/objs/srs'];
  const real = candidates.find(isExecutable);
  const mini: Origin = { name: 'mini-srs', path: MINI_SRS };
  return real === undefined ? [mini] : [mini, { name: 'srs', path: real }];
}

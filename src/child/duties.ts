import { resolve } from 'node:path';
import { childId } from '../cpu/plan.js';
import type { Template } from './template.js';
import { type ChildState, isServing } from './types.js';
import { logFolder } from './workdir.js';

/** Tasks of a template for one server. One child does each, or it would be done N times. */
export interface Duties {
  /** Runs the `ingest` blocks; each further child's ffmpeg would publish the same names. */
  readonly ingest: boolean;
}

const FIRST = childId(0);

/**
 * Returns the duties of a child.
 */
export function dutiesOf(id: string, ingester: string): Duties {
  return { ingest: id === ingester };
}

/** Returns the child that runs `ingest`: `current`, unless it is down and another one is ready. */
export function ingesterAmong(
  children: readonly { readonly id: string; readonly state: ChildState }[],
  current = FIRST,
): string {
  const state = children.find(({ id }) => id === current)?.state;
  if (state === 'starting' || (state !== undefined && isServing(state))) return current;
  return children.find((child) => child.state === 'ready')?.id ?? current;
}

/**
 * Returns the log folder of ffmpegs. SRS's default is `./objs`, and it starts no ffmpeg if the
 * folder is missing. A relative path is below the work directory, where children run.
 */
export function ffmpegLogFolder({ ffmpegLogDir: named }: Template, workDir: string): string {
  return named === null ? logFolder(workDir) : resolve(workDir, named);
}

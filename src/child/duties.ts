import { resolve } from 'node:path';
import { childId } from '../cpu/plan.js';
import type { Template } from './template.js';
import { type ChildState, isServing } from './types.js';
import { logFolder } from './workdir.js';

/** What a template asks of one server: of all children one does it, or it would be done N times. */
export interface Duties {
  /** Whether it runs the `ingest` blocks: each child's ffmpeg would publish the same names. */
  readonly ingest: boolean;
  /** Whether it sends the `heartbeat`: all have the template's one device id. */
  readonly heartbeat: boolean;
}

const FIRST = childId(0);

/**
 * What child `id` does. SRS begins to send heartbeats at its start only, so that duty stays with the
 * first child; an ingest moves by a reload.
 */
export function dutiesOf(id: string, ingester: string): Duties {
  return { ingest: id === ingester, heartbeat: id === FIRST };
}

/** The child that runs `ingest`: `current`, unless that is down and another one is ready. */
export function ingesterAmong(
  children: readonly { readonly id: string; readonly state: ChildState }[],
  current = FIRST,
): string {
  const state = children.find(({ id }) => id === current)?.state;
  if (state === 'starting' || (state !== undefined && isServing(state))) return current;
  return children.find((child) => child.state === 'ready')?.id ?? current;
}

/**
 * Where ffmpegs that a child starts log. SRS's default is `./objs`, and where a folder is missing it
 * starts no ffmpeg; a relative path is below the work directory, where children run.
 */
export function ffmpegLogFolder({ ffmpegLogDir: named }: Template, workDir: string): string {
  return named === null ? logFolder(workDir) : resolve(workDir, named);
}

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ConfOptions } from './conf-plan.js';

const DESCRIPTOR = z.number().int().min(3);

/** A child's process with our ends of its output. */
const KEPT_PROCESS = z.object({
  pid: z.number().int().min(2),
  /** In clock ticks since boot: a later process with its pid began at another time. */
  startTicks: z.number(),
  stdout: DESCRIPTOR,
  stderr: DESCRIPTOR,
});

/** The state and reasons of a child, as `ChildStatus` has them. */
const KEPT_STANDING = z.object({
  state: z.enum(['starting', 'ready', 'draining', 'failed', 'broken', 'stopped']),
  since: z.number(),
  why: z.string().nullable(),
  readySince: z.number().nullable(),
  lastError: z.string().nullable(),
  lastErrorAt: z.number().nullable(),
});

const CONF = z.custom<ConfOptions>((value) => typeof value === 'object' && value !== null);

/** A child that one program leaves to the next one in its process. */
const KEPT_CHILD = z.object({
  id: z.string(),
  generation: z.number().int(),
  restarts: z.number().int(),
  /** Failed starts in a row, from which the next delay follows. */
  failures: z.number().int(),
  drainedFor: z.string().nullable(),
  cpus: z.array(z.number().int()),
  ports: z.object({
    rtmp: z.number().int(),
    http: z.number().int(),
    api: z.number().int(),
    rtc: z.number().int(),
    srt: z.number().int(),
  }),
  standing: KEPT_STANDING,
  /** The options of its process's config, in the form of that program; null: not known. */
  conf: CONF.nullable().default(null),
  /** Null: none runs. */
  process: KEPT_PROCESS.nullable(),
});

export const KEPT_FLEET = z.object({
  children: z.array(KEPT_CHILD),
  /** The secret in the paths of their heartbeats. */
  beatSecret: z.custom<Uint8Array>((bytes) => bytes instanceof Uint8Array),
});

export type KeptProcess = z.infer<typeof KEPT_PROCESS>;
export type KeptStanding = z.infer<typeof KEPT_STANDING>;
export type KeptChild = z.infer<typeof KEPT_CHILD>;
export type KeptFleet = z.infer<typeof KEPT_FLEET>;

/** A child whose process runs. */
export interface RunningChild {
  readonly process: KeptProcess;
  /** It has been ready. */
  readonly isReady: boolean;
  /** See `KEPT_CHILD`. */
  readonly conf: ConfOptions | null;
}

/** Returns the process of a child, and whether it has been ready; null if none runs. */
export function runningOf({ process, conf, standing }: KeptChild): RunningChild | null {
  const { state } = standing;
  return process && { process, conf, isReady: state === 'ready' || state === 'draining' };
}

/**
 * Returns the fleet with `present` for each config that says the same, since configs are told apart
 * by identity; without any config if another version has written them.
 */
export function withConfs(
  { children, ...rest }: KeptFleet,
  present: ConfOptions,
  isSameVersion: boolean,
): KeptFleet {
  const known = new Map<ConfOptions, ConfOptions>();
  const confOf = (conf: ConfOptions) => {
    const found = known.get(conf) ?? (isDeepStrictEqual(conf, present) ? present : conf);
    known.set(conf, found);
    return found;
  };
  const conf = (child: KeptChild) => (isSameVersion && child.conf ? confOf(child.conf) : null);
  return { ...rest, children: children.map((child) => ({ ...child, conf: conf(child) })) };
}

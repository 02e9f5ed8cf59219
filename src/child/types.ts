import { z } from 'zod';
import { COUNT, TIME } from '../fields.js';
import type { OwnerRef } from '../owner.js';

/**
 * A child's private ports. TCP ports are on 127.0.0.1; SRS before 7.0.67 binds UDP to every
 * address.
 */
const CHILD_PORTS = z.object({
  rtmp: COUNT,
  http: COUNT,
  api: COUNT,
  rtc: COUNT.describe('WebRTC: UDP and TCP'),
  srt: COUNT.describe('UDP'),
});
export type ChildPorts = Readonly<z.infer<typeof CHILD_PORTS>>;

/**
 * starting -> ready -> stopping -> stopped. `draining`: it serves as a ready one does but gets no
 * new streams, until `undrain`. `failed` follows any of these: it died or hung and will be
 * restarted. `broken`: its config or binary is wrong, so a restart would not help.
 */
export const CHILD_STATE = z.enum([
  'starting',
  'ready',
  'draining',
  'stopping',
  'stopped',
  'failed',
  'broken',
]);
export type ChildState = z.infer<typeof CHILD_STATE>;

/** Returns whether a child in that state serves clients of its streams. */
export function isServing(state: ChildState): boolean {
  return state === 'ready' || state === 'draining';
}

/**
 * `silent`: probes are not answered, possibly a hang. `busy`: probes are not answered because the
 * child wants CPU or disk; it is waited for.
 */
const CHILD_HEALTH = z.enum(['ok', 'silent', 'busy']);
export type ChildHealth = z.infer<typeof CHILD_HEALTH>;

/** Snapshot of one child, as plain values. */
export const CHILD_STATUS = z.object({
  id: z.string().describe('c001, c002, …'),
  pid: COUNT.nullable().describe('null while no process runs'),
  cpus: z.array(COUNT).readonly().describe('CPUs of all its threads; empty: not pinned'),
  state: CHILD_STATE,
  since: TIME.describe(
    'since when it is in that state, silent, busy or ejected, in milliseconds since 1970',
  ),
  why: z.string().nullable().describe('why it is so; null if that needs no reason'),
  answering: z
    .boolean()
    .describe('false from the first unanswered probe until it answers again or is replaced'),
  health: CHILD_HEALTH.describe('why it does not answer, if known; ok while it does'),
  ejected: z
    .boolean()
    .describe('it serves worse than the others, and gets no new streams for a while'),
  readySince: TIME.nullable().describe(
    'milliseconds since 1970; null while its process does not serve',
  ),
  ports: CHILD_PORTS,
  host: z.string().exactOptional().describe('host of the ports; absent: 127.0.0.1'),
  server: z
    .string()
    .exactOptional()
    .describe("SRS's server id of an origin that the supervisor did not start; else absent"),
  generation: COUNT.describe('1 for the first process, one more for each later one'),
  restarts: COUNT.describe('number of automatic restarts'),
  cpu: z.number().describe('CPU in percent of one core, smoothed; 0 until measured'),
  rss: COUNT.describe('resident memory in bytes; 0 until measured'),
  lastError: z
    .string()
    .nullable()
    .describe('why it last died or could not start; null if it never did'),
  lastErrorAt: TIME.nullable().describe('time of that, in milliseconds since 1970'),
});
export type ChildStatus = Readonly<z.infer<typeof CHILD_STATUS>>;

/** A process that has ended or was given up, and the reason. */
export interface ChildDown extends OwnerRef {
  readonly reason: string;
}

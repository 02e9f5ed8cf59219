import type { ChildStatus } from './types.js';

/** When a child is recycled; null: never for that reason. */
export interface RecycleLimits {
  /** Resident bytes. */
  readonly memory: number | null;
  /** Seconds since its process was ready. */
  readonly age: number | null;
  /** Minutes after midnight, local time. */
  readonly at: number | null;
}

/**
 * `well`: it is ready and answers. `returning`: it starts, or health decides about it. `away`:
 * somebody drains it, it is ejected, or it stays out.
 */
type Condition = 'well' | 'returning' | 'away';

/** A child, as far as recycling needs it. */
export interface Recyclable {
  readonly id: string;
  readonly condition: Condition;
  /** Resident bytes. */
  readonly rss: number;
  /** Looks in a row at which its memory was above the limit. */
  readonly looksOver: number;
  /** Seconds since its process was ready, on a monotonic clock. */
  readonly ageSeconds: number;
  /** Seconds since its last recycling, on a monotonic clock; null: there was none. */
  readonly recycledSeconds: number | null;
  readonly clients: number;
}

/** A child to recycle now, and why. */
export interface Due {
  readonly id: string;
  readonly why: string;
}

/** Looks in a row that prove that memory is above the limit, and not for a moment. */
const LOOKS_OVER = 5;
/**
 * Seconds before a child is recycled again. With a limit below what an SRS needs, its clients would
 * else be closed again and again.
 */
const REST_SECONDS = 600;
/**
 * Seconds after the time of day within which children are recycled. Those that are left have their
 * turn on the next day, and a machine that slept over its time waits for the next night.
 */
const NIGHT_SECONDS = 4 * 3600;

/**
 * Returns the child whose turn it is: of those that are due one with the fewest clients, so that
 * idle ones come first, then the oldest. Null if none is due, if one is just returning, since one
 * at a time is enough, or if no other is well.
 */
export function nextDue(
  children: readonly Recyclable[],
  limits: RecycleLimits,
  now: Date,
): Due | null {
  const well = children.filter(({ condition }) => condition === 'well');
  const isReturning = children.some(({ condition }) => condition === 'returning');
  if (isReturning || (well.length < 2 && children.length > 1)) return null;
  const due = well.flatMap((child) => {
    const why = whyDue(child, limits, now);
    return why === null ? [] : [{ child, why }];
  });
  const [first] = due.toSorted(
    ({ child: a }, { child: b }) => a.clients - b.clients || b.ageSeconds - a.ageSeconds,
  );
  return first === undefined ? null : { id: first.child.id, why: first.why };
}

/** Returns the condition of a child. */
export function conditionIn({ state, answering, ejected }: ChildStatus): Condition {
  if (state === 'ready' && answering) return ejected ? 'away' : 'well';
  return state === 'draining' || state === 'broken' || state === 'stopped' ? 'away' : 'returning';
}

/** Returns why a child is to be recycled; null if it is not. */
export function whyDue(child: Recyclable, limits: RecycleLimits, now: Date): string | null {
  if ((child.recycledSeconds ?? REST_SECONDS) < REST_SECONDS) return null;
  return overMemory(child, limits) ?? overAge(child, limits) ?? atNight(child, limits, now);
}

function overMemory(child: Recyclable, { memory }: RecycleLimits): string | null {
  const { rss, looksOver, recycledSeconds } = child;
  if (memory === null || looksOver < LOOKS_OVER) return null;
  const isSoon = recycledSeconds !== null && recycledSeconds < 2 * REST_SECONDS;
  const doubt = isSoon ? ', soon after its last recycling: raise the limit' : '';
  const limit = `children.recycle.memory (${inMegabytes(memory)} MB)`;
  return `its memory is ${inMegabytes(rss)} MB, above ${limit}${doubt}`;
}

function overAge({ ageSeconds }: Recyclable, { age }: RecycleLimits): string | null {
  if (age === null || ageSeconds < age) return null;
  return `it has run for ${Math.floor(ageSeconds / 60)} minutes (children.recycle.age)`;
}

function atNight({ ageSeconds }: Recyclable, { at }: RecycleLimits, now: Date): string | null {
  if (at === null) return null;
  const passed = secondsSince(at, now);
  if (passed > NIGHT_SECONDS || ageSeconds < passed) return null;
  return 'it is the time of day for it (children.recycle.at)';
}

/** Returns the seconds since the last time it was so many minutes after midnight, local time. */
export function secondsSince(minutes: number, now: Date): number {
  const last = new Date(now);
  last.setHours(0, minutes, 0, 0);
  if (last > now) last.setDate(last.getDate() - 1);
  return (now.getTime() - last.getTime()) / 1000;
}

function inMegabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

import { type Json, numberOf, objectOf } from './json.js';
import { COUNTERS } from './merge/metrics.js';
import type { Snapshot } from './snapshot.js';
import type { ApiChild } from './types.js';

/** A child's last snapshot and its next round. */
export interface Entry {
  child: ApiChild;
  snapshot: Snapshot | null;
  round: number;
  /** Consecutive failed rounds. */
  failures: number;
  /** On performance.now()'s clock. */
  due: number;
  running: Promise<void> | null;
}

/** Reports whether we started the child. */
export function isOwn({ child }: Entry): boolean {
  return child.host === undefined;
}

/** Reports whether a stream has begun and shows no codecs yet, which come with its media. */
export function hasNoMedia(stream: Json): boolean {
  const isActive = objectOf(stream, 'publish').active === true;
  return isActive && stream.video === null && stream.audio === null;
}

/**
 * Returns the counters: `recv` and `send` from the summaries, the others under their names in
 * `/metrics`.
 */
export function countersOf({ summaries, metrics }: Snapshot): Map<string, number> {
  const system = objectOf(summaries, 'system');
  const counts = COUNTERS.map((name) => [name, metrics.values.get(name) ?? 0] as const);
  const recv = numberOf(system, 'srs_recv_bytes');
  return new Map([...counts, ['recv', recv], ['send', numberOf(system, 'srs_send_bytes')]]);
}

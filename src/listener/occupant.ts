import type { Occupant } from '../access/decide.js';
import type { LivePublisher } from './gate-options.js';
import type { Member } from './publishing.js';

/** Bytes that a publisher sent before the newcomer came may arrive so much later, milliseconds. */
const IN_FLIGHT_MS = 500;

/**
 * Returns the present publisher of a stream as the decision needs it; null: there is none.
 * `members`: the clients of this box's ports that publish it or are on their way. `live`: the
 * publisher that a child reports. `since`: arrival of the newcomer, on performance.now()'s clock.
 */
export function occupantOf(
  members: readonly Member[],
  live: LivePublisher | null,
  since: number,
): Occupant | null {
  const [first] = members;
  if (first === undefined) {
    if (live === null) return null;
    const unknown = { id: null, quietMs: null, lagMs: 0, spoke: false };
    return { ...unknown, isAccepted: live.isAccepted };
  }
  const isMeasured = members.every((one) => one.isMeasured);
  return {
    id: first.connection.id,
    isAccepted: live?.isAccepted ?? false,
    quietMs: isMeasured ? Math.min(...members.map(({ quietMs }) => quietMs)) : null,
    lagMs: Math.max(...members.map(({ lagMs }) => lagMs)),
    spoke: members.some((one) => one.wasAccepted && one.spokeAt > since + IN_FLIGHT_MS),
  };
}

import { tellStream } from '../logging/event-lines.js';
import type { Logger } from '../logging/logger.js';
import { type ChildLimits, candidatesOf, servingOf } from '../placement/candidates.js';
import { Placement } from '../placement/placement.js';
import type { Listeners } from './listeners.js';
import type { Owners } from './owners.js';
import type { SharedMap } from './registry.js';
import type { Current } from './renewals.js';
import type { Served } from './served.js';

export interface PlacementParts {
  readonly current: Current;
  readonly map: SharedMap;
  readonly owners: Owners;
  readonly served: Pick<Served, 'mayTake' | 'maxConnectionsOf'>;
  readonly listeners: Listeners;
  /** Returns whether a job is going to replace a child's process. */
  readonly isLeaving: (id: string) => boolean;
  readonly logger: Logger;
}

const TAKEN_OVER = 'stream taken over: its clients in the old child are closed';
/** Milliseconds for which bitrates are taken as they were: they are measured once a second. */
const BITRATES_MS = 250;

/** Builds placement over children and origins. Clients of a stream in its old owner are closed. */
export function makePlacement(parts: PlacementParts): Placement {
  const { current, map, owners, served, listeners, isLeaving, logger } = parts;
  const { registry, boxes, renewMs } = map;
  const bitrateOf = bitratesOf(listeners);
  const placement: Placement = new Placement({
    registry,
    ...(boxes === null ? {} : { isBoxAlive: (box: string) => boxes.get(box) !== null }),
    ...(renewMs === undefined ? {} : { renewMs }),
    candidates: () =>
      candidatesOf(owners.statuses(), {
        countsOf: (id) => ({ ...placement.counts(id), clients: placement.connections(id) }),
        bitrateOf,
        limits: childLimits(current),
        maxConnectionsOf: (child) => served.maxConnectionsOf(child),
        isLeaving,
        now: Date.now(),
      }),
    mayTake: (child, stream) => served.mayTake(child, stream),
    child: (id) => {
      const status = owners.status(id);
      return status && servingOf(status);
    },
    onMoved: (stream, from) => {
      const event = { type: 'takeover', stream, child: from.id, box: from.box } as const;
      tellStream(logger, event, TAKEN_OVER, { stream, from: from.id, box: from.box });
      listeners.endOf(from, 'the stream is published in another child', stream);
    },
    logger,
  });
  return placement;
}

/** Returns a function that tells the bits per second of a child's clients. */
function bitratesOf(listeners: Listeners): (id: string) => number {
  let traffic: ReturnType<Listeners['traffic']> = new Map();
  let at = Number.NEGATIVE_INFINITY;
  return (id) => {
    const now = performance.now();
    if (now - at > BITRATES_MS) {
      traffic = listeners.traffic();
      at = now;
    }
    return traffic.get(id)?.bitrate ?? 0;
  };
}

/** Returns the configured limits of each child, with the bitrate in bits per second. */
export function childLimits({ config: { children } }: Current): ChildLimits {
  const { maxStreams, maxBitrate, slowStartSeconds } = children;
  return { maxStreams, maxBitrate: maxBitrate * 1e6, slowStartSeconds };
}

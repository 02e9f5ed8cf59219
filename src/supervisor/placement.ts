import type { ChildStatus } from '../child/types.js';
import type { Config } from '../config/config.js';
import type { Logger } from '../logging/logger.js';
import { Placement } from '../placement/placement.js';
import type { Candidate, Serving } from '../placement/types.js';
import type { Listeners } from './listeners.js';
import type { Owners } from './owners.js';
import type { SharedMap } from './registry.js';

export interface PlacementParts {
  readonly config: Config;
  readonly map: SharedMap;
  readonly owners: Owners;
  readonly listeners: Listeners;
  readonly logger: Logger;
}

/** Placement over our children and origins; clients who wait in a stream's old owner are closed. */
export function makePlacement(parts: PlacementParts): Placement {
  const { map, owners, listeners, logger } = parts;
  const { registry, boxes, renewMs } = map;
  const placement: Placement = new Placement({
    registry,
    ...(boxes === null ? {} : { isBoxAlive: (box: string) => boxes.get(box) !== null }),
    ...(renewMs === undefined ? {} : { renewMs }),
    candidates: () => candidatesOf(parts, (id) => placement.counts(id)),
    child: (id) => servingOf(owners, id),
    onMoved: (stream, from) =>
      listeners.endOf(from, 'the stream is published in another child', stream),
    logger,
  });
  return placement;
}

/** The children as placement chooses among them. */
function candidatesOf(
  { config, owners, listeners }: PlacementParts,
  countsOf: Placement['counts'],
): Candidate[] {
  const { maxConnections } = config.children;
  const traffic = listeners.traffic();
  const statuses = owners.statuses();
  // Where none answers, the machine is busy rather than all of them hung: a slow child beats none.
  const isPanic = !statuses.some((status) => toServing(status).open);
  return statuses.map((status) => {
    const { id, cpu } = status;
    const { streams, clients } = countsOf(id);
    const { bitrate = 0 } = traffic.get(id) ?? {};
    const load = { cpu, connections: clients, maxConnections, streams, bitrate };
    const serving = toServing(status);
    return { ...serving, ...load, open: serving.open || (isPanic && status.state === 'ready') };
  });
}

/** One child as its streams' clients find it. */
function servingOf(owners: Owners, id: string): Serving | null {
  const status = owners.status(id);
  return status && toServing(status);
}

function toServing({ id, generation, state, answering }: ChildStatus): Serving {
  const open = state === 'ready' && answering;
  return { id, generation, open, alive: state === 'ready' || state === 'draining' };
}

import type { AdminStatus } from '../admin/types.js';
import type { BoxLoad } from '../box-load.js';
import type { Placement } from '../placement/placement.js';
import { VERSION } from '../version.js';
import type { Listeners } from './listeners.js';
import type { Owners } from './owners.js';

export interface BoxLoadParts {
  readonly owners: Pick<Owners, 'statuses'>;
  readonly placement: Pick<Placement, 'counts'>;
  readonly listeners: Pick<Listeners, 'totals' | 'rates'>;
  readonly state: () => AdminStatus['state'];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Returns what this box carries now. Boxes of a cluster tell it each other once a second. */
export function boxLoad({ owners, placement, listeners, ...box }: BoxLoadParts): BoxLoad {
  const children = owners.statuses();
  const sum = (of: (child: (typeof children)[number]) => number) =>
    children.reduce((all, child) => all + of(child), 0);
  const { in: bitrateIn, out: bitrateOut } = listeners.rates();
  return {
    state: box.state(),
    version: VERSION,
    since: box.startedAt,
    children: children.length,
    ready: children.filter(({ state }) => state === 'ready').length,
    streams: sum(({ id }) => placement.counts(id).streams),
    connections: listeners.totals().connections,
    bitrateIn,
    bitrateOut,
    cpu: Math.round((10 * sum(({ cpu }) => cpu)) / Math.max(1, children.length)) / 10,
  };
}

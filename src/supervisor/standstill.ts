import { setTimeout as delay } from 'node:timers/promises';
import type { LoopClock } from '../clock/loop.js';
import type { Claims } from '../hooks/publishers.js';
import type { Logger } from '../logging/logger.js';
import type { Placement } from '../placement/placement.js';
import type { Listeners } from './listeners.js';

/** Milliseconds after a standstill within which the children's delayed hooks arrive. */
const SETTLED_MS = 5_000;
/** Milliseconds until the second renewal: the first may be lost with a dead store connection. */
const AGAIN_MS = 1_500;

/**
 * Claims that also close the RTMP players of a publisher lost in a standstill of ours. SRS drops a
 * publisher whose bytes do not come and keeps its players. Its encoder saw no fault and does not
 * come back to them, so they must reconnect.
 */
export function claimsOf(
  placement: Claims,
  { listeners, loop }: { readonly listeners: Pick<Listeners, 'endOf'>; readonly loop: LoopClock },
): Claims {
  return {
    published: (stream, owner) => placement.published(stream, owner),
    announce: (stream, owner, client) => placement.announce(stream, owner, client),
    unpublished: (stream, owner) => {
      placement.unpublished(stream, owner);
      if (!loop.stoodWithin(SETTLED_MS)) return;
      listeners.endOf(owner, 'its publisher was lost while we stood still', stream, 'play');
    },
  };
}

export interface StandstillParts {
  readonly loop: LoopClock;
  readonly placement: Pick<Placement, 'renew'>;
  /** Queries each child for what is published in it. */
  readonly recheck: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * Re-checks claims and publishers whenever the process has stood still (frozen machine, SIGSTOP).
 */
export function mendAfterStandstill({ loop, placement, recheck, logger }: StandstillParts): void {
  loop.on('stood', (ms) => {
    const seconds = Math.round(ms / 100) / 10;
    logger.warn(
      { seconds },
      'the supervisor stood still: no child is judged by it; streams and claims are looked at anew',
    );
    void recheck();
    void placement.renew();
    void delay(AGAIN_MS, undefined, { ref: false }).then(() => placement.renew());
  });
}

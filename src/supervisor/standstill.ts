import { setTimeout as delay } from 'node:timers/promises';
import type { LoopClock } from '../clock/loop.js';
import type { Claims } from '../hooks/publishers.js';
import type { Logger } from '../logging/logger.js';
import type { Placement } from '../placement/placement.js';
import type { Listeners } from './listeners.js';

/** After a standstill the children's hooks that waited for us come within so long. */
const SETTLED_MS = 5_000;
/** The first question to a store may be lost with a connection that died meanwhile. */
const AGAIN_MS = 1_500;

/**
 * Placement, for those who tell it what children publish. SRS throws a publisher out whose bytes do not
 * come, and keeps its RTMP players; where it was us who brought no bytes, these would wait for an encoder
 * that knows of no fault of its own: so they are closed, and come again.
 */
export function claimsOf(
  placement: Claims,
  { listeners, loop }: { readonly listeners: Pick<Listeners, 'endOf'>; readonly loop: LoopClock },
): Claims {
  return {
    published: (stream, owner) => placement.published(stream, owner),
    announce: (stream, owner) => placement.announce(stream, owner),
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
  /** Asks the children what is published in them. */
  readonly recheck: () => Promise<void>;
  readonly logger: Logger;
}

/** Whenever the process has stood still (a frozen machine, SIGSTOP), finds out what is true now. */
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

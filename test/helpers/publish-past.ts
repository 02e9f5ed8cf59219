import type { Cast } from './cast.js';
import type { RtmpPlayer } from './rtmp-player.js';
import { until } from './until.js';

const TRY_MS = 15_000;
const MESSAGES = 30;

/**
 * Publishes straight to an origin until a player at `played` gets media, and returns that player.
 * Nobody keeps the source there, so SRS may split it: then it has to be published again.
 */
export function publishPast(cast: Cast, origin: string, played: string): Promise<RtmpPlayer> {
  return until('media', async () => {
    cast.publish(origin);
    const player = await cast.play(played);
    const hears = until('messages', () => player.received.length > MESSAGES, TRY_MS);
    if (await hears.catch(() => false)) return player;
    await cast.close();
    return null;
  });
}

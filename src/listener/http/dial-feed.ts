import { parseStreamHead } from '../../protocol/http/answer.js';
import { buildChildHead } from '../../protocol/http/child-head.js';
import { dialForFeed, type FeedSource } from '../dial-for-feed.js';
import { readParsed } from '../read-until.js';
import { PeerError } from '../session-error.js';
import { KEEPER_ADDRESS } from '../source-keeper.js';
import type { OpenFeed } from '../stream-feeds.js';
import { FLV_FEED_MODULE } from './flv-feed.js';

/** A live stream of a child, as it is asked for. */
export interface FeedTarget {
  readonly vhost: string;
  /** Path of the stream on the child's HTTP port. */
  readonly path: string;
}

/** Most milliseconds without a byte; SRS ends a player much earlier if its publisher is silent. */
const IDLE_MS = 5 * 60 * 1000;
const NOTHING = Buffer.alloc(0);

/** Asks a child for a stream. Rejects as `dialForFeed`, and with PeerError if it is not served. */
export async function dialFeed(
  source: FeedSource,
  { vhost, path }: FeedTarget,
  signal: AbortSignal,
): Promise<OpenFeed> {
  const { child, giveBack, opened } = await dialForFeed(source, 'http', {
    signal,
    open: async (socket) => {
      socket.write(buildChildHead({ target: path, host: vhost, rawHeaders: [] }, KEEPER_ADDRESS));
      const { status, isChunked } = await readParsed(socket, parseStreamHead, signal);
      if (status !== 200) throw new PeerError(`it answers ${status}`);
      return { isChunked };
    },
  });
  const feed = { module: FLV_FEED_MODULE, settings: opened, idleMs: IDLE_MS };
  return { child, first: NOTHING, ...feed, giveBack };
}

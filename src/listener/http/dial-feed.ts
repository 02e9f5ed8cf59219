import type { Socket } from 'node:net';
import { takePlace } from '../../child-access/places.js';
import { parseStreamHead } from '../../protocol/http/answer.js';
import { buildChildHead } from '../../protocol/http/child-head.js';
import { dial } from '../dial.js';
import { readParsed } from '../read-until.js';
import type { Route } from '../route.js';
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

/**
 * Asks a child for a stream from an address of our own, of which hooks and API tell users nothing.
 * Rejects as dialling does, with the signal's reason, and with PeerError if the child does not
 * serve the stream.
 */
export async function dialFeed(
  { host, ports }: Pick<Route, 'host' | 'ports'>,
  { vhost, path }: FeedTarget,
  signal: AbortSignal,
): Promise<OpenFeed> {
  const port = ports.http;
  const giveBack = await takePlace('fanout', { host, port }, signal);
  let child: Socket | null = null;
  try {
    child = await dial({ host, port, localAddress: KEEPER_ADDRESS }, signal);
    child.on('error', () => {});
    child.write(buildChildHead({ target: path, host: vhost, rawHeaders: [] }, KEEPER_ADDRESS));
    const { status, isChunked } = await readParsed(child, parseStreamHead, signal);
    if (status !== 200) throw new PeerError(`it answers ${status}`);
    const feed = { module: FLV_FEED_MODULE, settings: { isChunked }, idleMs: IDLE_MS };
    return { child, first: NOTHING, ...feed, giveBack };
  } catch (error) {
    child?.destroy();
    giveBack();
    throw error;
  }
}

import type { Socket } from 'node:net';
import { takePlace } from '../../child-access/places.js';
import { PlayAnswers } from '../../protocol/rtmp/play.js';
import type { StreamKey } from '../../stream-key.js';
import { dial } from '../dial.js';
import { readUntil } from '../read-until.js';
import type { Route } from '../route.js';
import { KEEPER_ADDRESS, playOpening, playStateAfter } from '../source-keeper.js';
import type { OpenFeed } from '../stream-feeds.js';
import { RTMP_FEED_MODULE, type RtmpFeedSettings } from './feed.js';
import { IDLE_MS } from './talk.js';

/**
 * Plays a stream of a child from an address of our own, of which hooks and API tell users nothing.
 * Rejects as dialling does, with the signal's reason, and with PeerError if the child ends it.
 */
export async function dialFeed(
  { host, ports }: Pick<Route, 'host' | 'ports'>,
  stream: StreamKey,
  settings: RtmpFeedSettings,
  signal: AbortSignal,
): Promise<OpenFeed> {
  const port = ports.rtmp;
  const giveBack = await takePlace('fanout', { host, port }, signal);
  let child: Socket | null = null;
  try {
    child = await dial({ host, port, localAddress: KEEPER_ADDRESS }, signal);
    child.on('error', () => {});
    child.write(playOpening(stream));
    const answers = new PlayAnswers();
    const read: Buffer[] = [];
    const take = (bytes: Buffer) => {
      read.push(bytes);
      return playStateAfter(answers, bytes);
    };
    await readUntil(child, take, signal);
    const module = RTMP_FEED_MODULE;
    return { child, first: Buffer.concat(read), module, settings, idleMs: IDLE_MS, giveBack };
  } catch (error) {
    child?.destroy();
    giveBack();
    throw error;
  }
}

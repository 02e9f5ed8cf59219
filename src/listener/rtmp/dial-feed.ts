import { PlayAnswers } from '../../protocol/rtmp/play.js';
import type { StreamKey } from '../../stream-key.js';
import { dialForFeed, type FeedSource } from '../dial-for-feed.js';
import { readUntil } from '../read-until.js';
import { playOpening, playStateAfter } from '../source-keeper.js';
import type { OpenFeed } from '../stream-feeds.js';
import { RTMP_FEED_MODULE, type RtmpFeedSettings } from './feed.js';
import { IDLE_MS } from './talk.js';

/** Plays a stream of a child. Rejects as `dialForFeed`, and with PeerError if the child ends it. */
export async function dialFeed(
  source: FeedSource,
  stream: StreamKey,
  settings: RtmpFeedSettings,
  signal: AbortSignal,
): Promise<OpenFeed> {
  const { child, giveBack, opened } = await dialForFeed(source, 'rtmp', {
    signal,
    open: async (socket) => {
      socket.write(playOpening(stream));
      const answers = new PlayAnswers();
      const read: Buffer[] = [];
      const take = (bytes: Buffer) => {
        read.push(bytes);
        return playStateAfter(answers, bytes);
      };
      await readUntil(socket, take, signal);
      return Buffer.concat(read);
    },
  });
  return { child, first: opened, module: RTMP_FEED_MODULE, settings, idleMs: IDLE_MS, giveBack };
}

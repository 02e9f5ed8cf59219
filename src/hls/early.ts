import { setTimeout as delay } from 'node:timers/promises';
import type { HeldHooks, HeldRequest, HookClient } from '../listener/held-hooks.js';
import { within } from '../listener/within.js';
import { hostName } from '../protocol/http/target.js';
import { type StreamKey, type StreamName, streamKey } from '../stream-key.js';
import { FirstPlaylist, type FirstPlaylistOptions } from './first-playlist.js';
import { type PlaylistAnswer, type PlaylistAsk, type Playlists, REFUSED } from './playlists.js';

export interface EarlyOptions extends FirstPlaylistOptions {
  /** Tells whether streams of that vhost get a playlist at all. */
  readonly makesHls: (vhost: string) => boolean;
  /** Resolves with true once the stream is published, with false if the signal aborts. */
  readonly whenPublished: (stream: StreamKey, signal: AbortSignal) => Promise<boolean>;
  /** The user's hooks, asked when a viewer begins to wait. */
  readonly hooks: Pick<HeldHooks, 'open' | 'hears'>;
  /** Takes one of the places of players that wait, for an address; false where none is free. */
  readonly take: (ip: string) => boolean;
  readonly giveBack: (ip: string) => void;
  /** Most milliseconds that a viewer waits for a publisher. */
  readonly publisherMs: number;
}

/** One viewer that waits. */
interface Viewer {
  readonly ask: PlaylistAsk;
  readonly hookClient: HookClient;
  /** Ends the waiting: the viewer has left, or was kicked or refused. */
  readonly stop: AbortController;
}

/** Answer to a viewer whose stream is published, and has no playlist yet. */
export const NOT_YET: PlaylistAnswer = {
  status: 503,
  contentType: 'text/plain',
  location: undefined,
  text: 'the first segment of this stream is not complete yet\n',
};

/** Milliseconds after which a viewer asks another box or origin again. */
const AGAIN_MS = 1000;
/** The child reports the bytes itself. */
const NO_BYTES = { sent: 0, received: 0 };

/**
 * Viewers that come before their stream's first playlist, to whom SRS answers 404. They wait here,
 * within the limits of all waiting players. They wait for a publisher, too, if `on_play` has a URL:
 * the call may start one. The verdict is the viewer's; its child's own call is not passed on.
 */
export class EarlyViewers {
  readonly #options: EarlyOptions;
  readonly #playlists: Playlists;
  readonly #first: FirstPlaylist;

  constructor(options: EarlyOptions, playlists: Playlists) {
    this.#options = options;
    this.#playlists = playlists;
    this.#first = new FirstPlaylist(options, (name) => playlists.exists(name));
  }

  /**
   * Answers a viewer without a session, whose stream's owner has said `before`, 404 or null (there
   * is no owner).
   */
  async answer(ask: PlaylistAsk, before: PlaylistAnswer | null): Promise<PlaylistAnswer | null> {
    const { take, giveBack, hooks } = this.#options;
    const { name, ip } = ask;
    const isComing = await this.#isComing(name);
    if (!isComing && !this.#mayStart(name)) return before;
    if (ask.signal.aborted || !take(ip)) return isComing ? NOT_YET : before;
    const stop = new AbortController();
    const hookClient = hooks.open({ type: 'hls-play', ip, end: () => stop.abort() });
    try {
      const later = await this.#wait({ ask, hookClient, stop });
      return later ?? ((await this.#isComing(name)) ? NOT_YET : before);
    } finally {
      giveBack(ip);
      hookClient.leave(NO_BYTES);
    }
  }

  async #isComing(name: StreamName): Promise<boolean> {
    const { makesHls, whenPublished } = this.#options;
    return makesHls(name.vhost) && whenPublished(streamKey(name), AbortSignal.abort());
  }

  /** Tells whether `on_play` is called, which may start a publisher. */
  #mayStart({ vhost }: StreamName): boolean {
    const { makesHls, hooks } = this.#options;
    return makesHls(vhost) && hooks.hears(vhost, 'on_play');
  }

  /** Resolves with null if there is no playlist in time. */
  async #wait({ ask, hookClient, stop }: Viewer): Promise<PlaylistAnswer | null> {
    const { whenPublished, publisherMs } = this.#options;
    const signal = AbortSignal.any([ask.signal, stop.signal]);
    let isRefused = false;
    const asking = hookClient.play(requestOf(ask)).then((isIn) => {
      isRefused = !isIn;
      if (isRefused) stop.abort();
    });
    const publishing = whenPublished(streamKey(ask.name), signal);
    const isPublished = await within(publisherMs, () => stop.abort(), publishing);
    if (isPublished) await asking;
    if (isRefused) return REFUSED;
    return isPublished ? this.#begin({ ask, hookClient, stop }, signal) : null;
  }

  /** Begins the session, under the id that the hooks were told, when there is a playlist. */
  async #begin({ ask, hookClient }: Viewer, signal: AbortSignal): Promise<PlaylistAnswer | null> {
    const { id: begins } = hookClient;
    // A client that waits has an id.
    if (begins === null) return null;
    hookClient.goesBy(begins);
    const until = performance.now() + this.#options.waitMs;
    while (await this.#first.wait({ name: ask.name, signal, until })) {
      const answer = await this.#playlists.answer({ ...ask, begins });
      if (answer !== null && answer.status !== 404) {
        if (answer.status === 200) hookClient.served();
        return answer;
      }
      // Only the playlist of another box or origin may be missing here.
      await delay(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
    return null;
  }
}

/** Returns the request as SRS's hooks report it. */
function requestOf({ name, target, host, rawHeaders }: PlaylistAsk): HeldRequest {
  const at = target.indexOf('?');
  const referer = rawHeaders.findIndex((text, index) => index % 2 === 0 && /^referer$/i.test(text));
  return {
    name,
    file: `${name.stream}.m3u8`,
    tcUrl: `http://${hostName(host)}/${name.app}`,
    param: at < 0 ? '' : target.slice(at),
    pageUrl: referer < 0 ? '' : (rawHeaders[referer + 1] ?? ''),
  };
}

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../errors.js';
import type { Fault, Route } from '../listener/route.js';
import { isSameLife, type OwnerRef } from '../owner.js';
import { writerName } from '../protocol/hls/names.js';
import { isMaster, parsePlaylist, printPlaylist } from '../protocol/hls/playlist.js';
import { type StreamKey, type StreamName, streamKey } from '../stream-key.js';
import { readBody } from '../system/read-body.js';
import { type Ask, addressOf, askChild } from './ask-child.js';
import { playlistFile, readPlaylist } from './files.js';
import { Shown } from './shown.js';

/** A request for a stream's playlist. */
export interface PlaylistAsk extends Ask {
  readonly name: StreamName;
  /** SRS's `hls_ctx`, which a viewer has from its first answer; null: it has none yet. */
  readonly session: string | null;
  /** The query named the vhost, so that segments have to be asked for with it too. */
  readonly namesVhost: boolean;
}

export interface PlaylistAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly location: string | undefined;
  readonly text: string;
}

export interface PlaylistOptions {
  /** The directory that all children write HLS below. */
  readonly root: string;
  readonly windowSeconds: number;
  /** Where a stream lives, without placing it. */
  readonly find: (stream: StreamKey) => Promise<Route | null>;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** What is longer is no playlist. */
const MAX_PLAYLIST_BYTES = 1024 * 1024;
/** Owners that are asked one after the other, should they die meanwhile. */
const ATTEMPTS = 3;
const REFUSED: PlaylistAnswer = text(403, 'Forbidden\n');

/**
 * Playlists by way of the stream's owner, who keeps a session for each viewer, calls hooks and can
 * kick; made to go on where the stream moves to another child.
 */
export class Playlists {
  readonly #options: PlaylistOptions;
  readonly #shown: Shown;

  constructor(options: PlaylistOptions) {
    const { windowSeconds, now = () => performance.now() } = options;
    this.#options = options;
    this.#shown = new Shown({ windowSeconds, now });
  }

  /** Streams that are remembered. */
  get size(): number {
    return this.#shown.size;
  }

  /** Null where there is no such stream. Rejects only where the client has left. */
  async answer(ask: PlaylistAsk): Promise<PlaylistAnswer | null> {
    let silent: OwnerRef | null = null;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const route = await this.#options.find(streamKey(ask.name));
      if (route === null) break;
      const isNext = silent === null || !isSameLife(silent, route.owner);
      const answer = await this.#tryOwner(route, isNext ? ask : null);
      if (answer !== 'silent') return answer;
      silent = route.owner;
    }
    // SRS refuses a viewer by closing the connection; one that it has let in, it answers.
    if (silent !== null && ask.session === null) return REFUSED;
    return this.#shownBefore(ask);
  }

  /** Whether there is a playlist now; begins no session. */
  async exists(name: StreamName): Promise<boolean> {
    const route = await this.#options.find(streamKey(name));
    if (route === null) return false;
    route.release();
    return route.isForeign === true || route.via !== undefined || this.#hasFile(route.owner, name);
  }

  /** Asks the owner, unless it has been silent once. The route is released. */
  async #tryOwner(
    route: Route,
    ask: PlaylistAsk | null,
  ): Promise<PlaylistAnswer | null | 'silent'> {
    let fault: Fault | undefined;
    try {
      return ask === null ? 'silent' : await this.#fromOwner(route, ask);
    } catch (error) {
      if (ask?.signal.aborted) throw error;
      fault = codeOf(error) === 'ERR_NO_CHILD' ? 'gone' : 'refused';
      return 'silent';
    } finally {
      route.release(fault);
    }
  }

  async #fromOwner(route: Route, ask: PlaylistAsk): Promise<PlaylistAnswer | null> {
    if (route.isForeign) return this.#fromForeign(route, ask);
    const { owner, via } = route;
    let answer = await this.#ask(route, ask);
    if (answer.status === 404) {
      if (via !== undefined || !(await this.#hasFile(owner, ask.name)))
        return this.#shownBefore(ask) ?? answer;
      // The file came in this very moment; who was kicked is told so again.
      answer = await this.#ask(route, ask);
    }
    // The session began with another child, and this one has begun it now.
    if (ask.session !== null && isMaster(answer.text)) answer = await this.#ask(route, ask);
    if (answer.status !== 200 || isMaster(answer.text)) return answer;
    return { ...answer, text: await this.#goOn(owner, ask, answer.text) };
  }

  /** It writes to a disk of its own, and names segments its own way: the list stands as it is. */
  async #fromForeign(route: Route, ask: PlaylistAsk): Promise<PlaylistAnswer> {
    const answer = await this.#ask(route, ask);
    const hasBegun = ask.session !== null && isMaster(answer.text);
    return hasBegun ? this.#ask(route, ask) : answer;
  }

  async #ask(route: Route, ask: PlaylistAsk): Promise<PlaylistAnswer> {
    const purpose = ask.session === null ? 'session' : 'poll';
    const response = await askChild(addressOf(route), ask, purpose);
    const { statusCode = 502, headers } = response;
    const { 'content-type': contentType = PLAYLIST_TYPE, location } = headers;
    const body = await readBody(response, MAX_PLAYLIST_BYTES);
    return { status: statusCode, contentType, location, text: body.toString() };
  }

  /** The owner's list as this stream's viewers have to see it. */
  async #goOn(owner: OwnerRef, ask: PlaylistAsk, listed: string): Promise<string> {
    const stream = streamKey(ask.name);
    const writer = nameOf(owner);
    const plain = listed.replace(/\?hls_ctx=[^&\s]*(&?)/g, (_, more) => (more === '' ? '' : '?'));
    if (!this.#shown.confirm(stream, writer, plain)) {
      const list = parsePlaylist(plain);
      if (list.kind !== 'value') return listed;
      await this.#takeLastOf(this.#shown.writer(stream), writer, ask.name);
      this.#shown.take(stream, writer, list.value, plain);
    }
    const shown = this.#shown.list(stream);
    return shown === null ? listed : printPlaylist(shown, query(ask, plain !== listed));
  }

  /** What the writer before listed after the last poll: its file outlives it. */
  async #takeLastOf(before: string | null, writer: string, name: StreamName): Promise<void> {
    if (before === null || before === writer || before.includes('/')) return;
    const list = await readPlaylist(join(this.#options.root, playlistFile(before, name)));
    const stream = streamKey(name);
    if (list !== null && this.#shown.writer(stream) === before) {
      this.#shown.take(stream, before, list, '');
    }
  }

  /** For viewers that watch while their stream has no child, or none that lists anything yet. */
  #shownBefore(ask: PlaylistAsk): PlaylistAnswer | null {
    if (ask.session === null) return null;
    const { windowSeconds } = this.#options;
    const shown = this.#shown.list(streamKey(ask.name), windowSeconds * 1000);
    return shown === null ? null : text(200, printPlaylist(shown, query(ask, true)), PLAYLIST_TYPE);
  }

  #hasFile(owner: OwnerRef, name: StreamName): Promise<boolean> {
    const path = join(this.#options.root, playlistFile(writerName(owner), name));
    return access(path).then(
      () => true,
      () => false,
    );
  }
}

/** Other boxes have children of the same names. */
function nameOf(owner: OwnerRef): string {
  const { box } = owner;
  return box === undefined ? writerName(owner) : `${box}/${writerName(owner)}`;
}

function text(status: number, body: string, contentType = 'text/plain'): PlaylistAnswer {
  return { status, contentType, location: undefined, text: body };
}

/** What segments have to be asked for with. */
function query({ session, namesVhost, name }: PlaylistAsk, hasSession: boolean): string {
  return [
    ...(hasSession && session !== null ? [`hls_ctx=${session}`] : []),
    ...(namesVhost ? [`vhost=${name.vhost}`] : []),
  ].join('&');
}

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../errors.js';
import type { Fault, Route } from '../listener/route.js';
import { isSameLife, type OwnerRef } from '../owner.js';
import { writerName } from '../protocol/hls/names.js';
import {
  isMaster,
  type MediaPlaylist,
  parsePlaylist,
  printMaster,
  printPlaylist,
  sessionMaster,
} from '../protocol/hls/playlist.js';
import { type StreamKey, type StreamName, streamKey } from '../stream-key.js';
import { readBody } from '../system/read-body.js';
import { type Ask, addressOf, askChild } from './ask-child.js';
import { playlistFile, readPlaylist } from './files.js';
import { Shown } from './shown.js';

/** A request for a stream's playlist. */
export interface PlaylistAsk extends Ask {
  readonly name: StreamName;
  /** SRS's `hls_ctx`, which a viewer gets with its first playlist; null before. */
  readonly session: string | null;
  /** Id of the session to begin; default: the child makes one. */
  readonly begins?: string;
  /** The query names the vhost, so segment URIs must name it, too. */
  readonly namesVhost: boolean;
}

export interface PlaylistAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly location: string | undefined;
  readonly text: string;
  /** Id of the child that answered. */
  readonly child?: string;
  /** Id of that child's box, if it is another one. */
  readonly box?: string | undefined;
}

export interface PlaylistOptions {
  /** Directory below which all children write HLS. */
  readonly root: string;
  /** Read at each use: a reload may change it. */
  readonly windowSeconds: number;
  /** Finds a stream's owner without placing the stream. */
  readonly find: (stream: StreamKey) => Promise<Route | null>;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** Bytes. Longer texts are not playlists. */
const MAX_PLAYLIST_BYTES = 1024 * 1024;
/** Most owners asked, in case they die meanwhile. */
const ATTEMPTS = 3;
/** Answer to a viewer that hooks or the child refuse. */
export const REFUSED: PlaylistAnswer = text(403, 'Forbidden\n');

/**
 * Serves playlists from the stream's owner, which keeps a session per viewer, calls hooks and can
 * kick. The playlist continues when the stream moves to another child.
 */
export class Playlists {
  readonly #options: PlaylistOptions;
  readonly #shown: Shown;

  constructor(options: PlaylistOptions) {
    const { now = () => performance.now() } = options;
    this.#options = options;
    this.#shown = new Shown({ windowSeconds: () => options.windowSeconds, now });
  }

  /** Returns the playlist; null if there is no such stream. Rejects only if the client has left. */
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
    // SRS refuses a viewer by closing the connection; accepted viewers get a response.
    if (silent !== null && ask.session === null) return REFUSED;
    return this.#shownBefore(ask);
  }

  /** Reports whether there is a playlist; begins no session. */
  async exists(name: StreamName): Promise<boolean> {
    const route = await this.#options.find(streamKey(name));
    if (route === null) return false;
    route.release();
    return route.isForeign === true || route.via !== undefined || this.#hasFile(route.owner, name);
  }

  /** Asks the owner, unless it has been silent once (`ask` null). Releases the route. */
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
      // The file appeared just now; a kicked viewer is refused again.
      answer = await this.#ask(route, ask);
    }
    // The session began with another child; the request above began one with this child.
    if (ask.session !== null && isMaster(answer.text)) answer = await this.#ask(route, ask);
    if (answer.status !== 200 || isMaster(answer.text)) return answer;
    return { ...answer, text: await this.#goOn(owner, ask, answer.text) };
  }

  /** An origin has its own disk and its own segment names, so its playlist is not rewritten. */
  async #fromForeign(route: Route, ask: PlaylistAsk): Promise<PlaylistAnswer> {
    const answer = await this.#ask(route, ask);
    const hasBegun = ask.session !== null && isMaster(answer.text);
    return hasBegun ? this.#ask(route, ask) : answer;
  }

  async #ask(route: Route, ask: PlaylistAsk): Promise<PlaylistAnswer> {
    const purpose = ask.session === null ? 'hlsSession' : 'hlsPlaylist';
    const { begins } = ask;
    const target = begins === undefined ? ask.target : withSession(ask.target, begins);
    const response = await askChild(addressOf(route, begins), { ...ask, target }, purpose);
    const { statusCode = 502, headers } = response;
    const { 'content-type': contentType = PLAYLIST_TYPE, location } = headers;
    const { id: child, box } = route.owner;
    const body = await readBody(response, MAX_PLAYLIST_BYTES);
    const listed = body.toString();
    return { status: statusCode, contentType, location, text: shownText(listed, ask), child, box };
  }

  /** Returns the owner's playlist in this stream's continued numbering. */
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
    return shown === null ? listed : print(shown, ask, plain !== listed);
  }

  /**
   * Takes the last segments of the previous writer, listed after the last poll: its file still
   * exists.
   */
  async #takeLastOf(before: string | null, writer: string, name: StreamName): Promise<void> {
    if (before === null || before === writer || before.includes('/')) return;
    const list = await readPlaylist(join(this.#options.root, playlistFile(before, name)));
    const stream = streamKey(name);
    if (list !== null && this.#shown.writer(stream) === before) {
      this.#shown.take(stream, before, list, '');
    }
  }

  /**
   * Returns the last playlist for viewers whose stream has no child, or none that lists anything
   * yet.
   */
  #shownBefore(ask: PlaylistAsk): PlaylistAnswer | null {
    if (ask.session === null) return null;
    const { windowSeconds } = this.#options;
    const shown = this.#shown.list(streamKey(ask.name), windowSeconds * 1000);
    return shown === null ? null : text(200, print(shown, ask, true), PLAYLIST_TYPE);
  }

  #hasFile(owner: OwnerRef, name: StreamName): Promise<boolean> {
    const path = join(this.#options.root, playlistFile(writerName(owner), name));
    return access(path).then(
      () => true,
      () => false,
    );
  }
}

/** Adds the id of the session that the child is to begin. */
function withSession(target: string, id: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}hls_ctx=${id}`;
}

/** Makes URIs relative. SRS leaves a viewer's query out if the session has its id from us. */
function shownText(listed: string, { name, begins, target }: PlaylistAsk): string {
  if (!isMaster(listed)) return listed;
  return begins === undefined ? printMaster(listed, folderOf(name)) : sessionMaster(target, begins);
}

/** Returns a writer's name that is unique across boxes, whose children have the same ids. */
function nameOf(owner: OwnerRef): string {
  const { box } = owner;
  return box === undefined ? writerName(owner) : `${box}/${writerName(owner)}`;
}

function text(status: number, body: string, contentType = 'text/plain'): PlaylistAnswer {
  return { status, contentType, location: undefined, text: body };
}

function print(shown: MediaPlaylist, ask: PlaylistAsk, hasSession: boolean): string {
  return printPlaylist(shown, query(ask, hasSession), folderOf(ask.name));
}

/** The path that relative URIs of a stream's playlist begin from. */
function folderOf({ app }: StreamName): string {
  return `/${app}/`;
}

/** Returns the query for URIs of segments and keys. */
function query({ session, namesVhost, name }: PlaylistAsk, hasSession: boolean): string {
  return [
    ...(hasSession && session !== null ? [`hls_ctx=${session}`] : []),
    ...(namesVhost ? [`vhost=${name.vhost}`] : []),
  ].join('&');
}

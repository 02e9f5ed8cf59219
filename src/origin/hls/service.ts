import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { HlsConf } from '../conf/hls.js';
import type { Context } from '../context.js';
import { clientAddress } from '../http/client-address.js';
import { type Exchange, replyText } from '../http/reply.js';
import { safePath } from '../http/static-files.js';
import { hostOf, requestVhost, webDir } from '../http/vhost.js';
import type { Publication, Service } from '../service.js';
import { notifyHls } from './notify.js';
import { printMaster, withCtx } from './playlist.js';
import { HlsSessions } from './sessions.js';
import { HlsStream } from './stream.js';

/** Milliseconds without a publisher until numbering restarts if `hls_dispose` is 0, as in SRS. */
const FORGET_MS = 3_000;

/** A session's id, made by us or by the player. */
const CTX = /^[\w-]{1,64}$/;

interface Held {
  readonly stream: HlsStream;
  readonly dispose: number;
  publication: Publication;
  /** Tail of the hook calls, which are made one after the other. */
  calls: Promise<void>;
  timer: NodeJS.Timeout | null;
}

/** HLS: files of all streams whose vhost has it on, and the sessions of their players. */
export class HlsService implements Service {
  readonly #context: Context;
  readonly #sessions: HlsSessions;
  /** By the source's URL. An entry lasts as long as its files. */
  readonly #held = new Map<string, Held>();

  constructor(context: Context) {
    this.#context = context;
    this.#sessions = new HlsSessions(context);
  }

  published(publication: Publication): void {
    const { source, subject } = publication;
    const conf = this.#context.conf.vhosts.get(source.name.vhost)?.hls;
    if (conf?.enabled !== true) return;
    const held = this.#held.get(source.name.url) ?? this.#hold(conf, publication);
    if (held.timer !== null) clearTimeout(held.timer);
    held.timer = null;
    held.publication = publication;
    this.#context.log.info(subject.clientId, `hls: win=${conf.window}s, frag=${conf.fragment}s`);
    source.join(held.stream);
  }

  /** Answers for existing playlists, and counts a session's segments. */
  async web(exchange: Exchange): Promise<boolean> {
    const file = safePath(webDir(this.#context, exchange), exchange.url.pathname);
    const extension = path.extname(file ?? '');
    if (file === null || (extension !== '.m3u8' && extension !== '.ts')) return false;
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) return extension === '.m3u8' && this.#serveNone(exchange);
    const asked = exchange.url.searchParams.get('hls_ctx') ?? '';
    const ctx = CTX.test(asked) ? asked : '';
    if (extension === '.ts') this.#sessions.count(ctx, found.size);
    return extension === '.m3u8' && this.#servePlaylist(exchange, file, ctx);
  }

  async close(): Promise<void> {
    this.#sessions.close();
    for (const { stream, timer, dispose } of this.#held.values()) {
      if (timer !== null) clearTimeout(timer);
      if (dispose > 0) stream.wipe();
    }
    this.#held.clear();
  }

  #hold(conf: HlsConf, publication: Publication): Held {
    const { name } = publication.source;
    const stream = new HlsStream(conf, name, {
      written: (written) => {
        const { publication: of } = held;
        held.calls = held.calls.then(() => notifyHls(this.#context, of, written));
      },
      failed: (reason) => this.#context.log.error('hls', `${name.url}: ${reason}`),
      ended: () => this.#ended(name.url, held),
    });
    const idle = { timer: null, calls: Promise.resolve() };
    const held: Held = { stream, dispose: conf.dispose, publication, ...idle };
    this.#held.set(name.url, held);
    return held;
  }

  #ended(url: string, held: Held): void {
    held.publication.source.leave(held.stream);
    const disposed = (): void => {
      this.#held.delete(url);
      if (held.dispose > 0) held.stream.wipe();
    };
    held.timer = setTimeout(disposed, held.dispose * 1000 || FORGET_MS);
  }

  /**
   * Answers a missing playlist here: it may appear at any moment, and served as a plain file it
   * would begin no session.
   */
  #serveNone(exchange: Exchange): boolean {
    const vhost = requestVhost(this.#context, exchange);
    if (this.#context.conf.vhosts.get(vhost)?.hls.enabled !== true) return false;
    replyText(exchange, 404, 'Not Found');
    return true;
  }

  /** Sends a session's media playlist, or the master playlist of a new session. */
  async #servePlaylist(exchange: Exchange, file: string, ctx: string): Promise<boolean> {
    const vhost = requestVhost(this.#context, exchange);
    const conf = this.#context.conf.vhosts.get(vhost)?.hls;
    if (conf?.ctx === false) return false;
    const state = this.#sessions.state(ctx);
    if (state === 'kicked') {
      replyText(exchange, 404, `HLS stream ${ctx} is EOF`);
    } else if (state === 'none') {
      await this.#serveMaster(exchange, vhost, ctx);
    } else {
      this.#sessions.touch(ctx);
      if (conf?.tsCtx === false) return false;
      this.#reply(exchange, ctx, withCtx(await readFile(file, 'utf8'), ctx));
    }
    return true;
  }

  /** Begins a session. A refused player is closed without an answer. */
  async #serveMaster(exchange: Exchange, vhost: string, asked: string): Promise<void> {
    const { request, url } = exchange;
    const [, app = '', stream = ''] = /^\/(.*)\/([^/]+)$/.exec(url.pathname) ?? [];
    const tcUrl = `http://${hostOf(exchange)}/${app}`;
    const pageUrl = request.headers.referer ?? '';
    const wanted = { vhost, app, stream, param: url.search, tcUrl, pageUrl, swfUrl: '' };
    const ctx = await this.#sessions.begin(asked, clientAddress(request), wanted);
    if (ctx === null) request.socket.destroy();
    else {
      const query = asked === '' ? url.search.slice(1) : '';
      this.#reply(exchange, ctx, printMaster(url.pathname, ctx, query));
    }
  }

  #reply(exchange: Exchange, ctx: string, playlist: string): void {
    this.#sessions.count(ctx, Buffer.byteLength(playlist));
    replyText(exchange, 200, playlist, { 'Content-Type': 'application/vnd.apple.mpegurl' });
  }
}

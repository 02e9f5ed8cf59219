import { type AccessRule, isSecure } from '../../srs-conf/security.js';
import type { Client } from '../clients.js';
import { acquireSource, type Context } from '../context.js';
import type { HookSubject } from '../hooks.js';
import { randomId } from '../ids.js';
import type { Link } from '../link.js';
import type { StreamRequest } from '../stream-request.js';

/** Windows for which a session lives after its last playlist. */
const WINDOWS = 2;
const SWEEP_MS = 1_000;
/** Most sessions: a player that asks once leaves one behind until it expires. */
const MAX_SESSIONS = 20_000;

/** An HLS player has no connection: its bytes are counted here, and closing bars it. */
class HlsLink implements Link {
  sent = 0;
  readonly received = 0;
  gone = false;
  readonly #closed: () => void;

  constructor(closed: () => void) {
    this.#closed = closed;
  }

  limitSilence(): void {}

  close(): void {
    this.gone = true;
    this.#closed();
  }
}

interface Session {
  readonly subject: HookSubject;
  readonly client: Client;
  readonly link: HlsLink;
  aliveAt: number;
}

/** The players of playlists by `hls_ctx`, which is their client id. */
export class HlsSessions {
  readonly #context: Context;
  readonly #sessions = new Map<string, Session>();
  readonly #timer: NodeJS.Timeout;

  constructor(context: Context) {
    this.#context = context;
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  state(ctx: string): 'none' | 'live' | 'kicked' {
    const session = this.#sessions.get(ctx);
    if (session === undefined) return 'none';
    return session.link.gone ? 'kicked' : 'live';
  }

  /** Begins a session under the player's own id, if it brought one; null if it is refused. */
  async begin(asked: string, ip: string, request: StreamRequest): Promise<string | null> {
    if (this.#sessions.size >= MAX_SESSIONS) return null;
    const clientId = asked === '' ? randomId() : asked;
    const subject = { clientId, ip, request };
    if (!isSecure(this.#rules(request.vhost), 'play', ip)) return null;
    const stream = request.stream.replace(/\.m3u8$/, '');
    const source = acquireSource(this.#context, { ...subject, request: { ...request, stream } });
    const allowed = await this.#context.hooks.onPlay(subject, source);
    if (!allowed || this.#sessions.has(clientId)) {
      this.#context.sources.release(source);
      return allowed ? clientId : null;
    }
    const link = new HlsLink(() => this.#context.clients.remove(client));
    const about = { id: clientId, ip, type: 'hls-play', publish: false, since: Date.now() };
    const client: Client = { ...request, ...about, source, link };
    this.#sessions.set(clientId, { subject, client, link, aliveAt: Date.now() });
    this.#context.clients.add(client);
    return clientId;
  }

  /** Renews a session. */
  touch(ctx: string): void {
    const session = this.#sessions.get(ctx);
    if (session !== undefined && !session.link.gone) session.aliveAt = Date.now();
  }

  count(ctx: string, bytes: number): void {
    const session = this.#sessions.get(ctx);
    if (session !== undefined) session.link.sent += bytes;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#sessions.clear();
  }

  #rules(vhost: string): readonly AccessRule[] | null {
    return this.#context.conf.vhosts.get(vhost)?.security ?? null;
  }

  #sweep(): void {
    const now = Date.now();
    for (const [ctx, session] of this.#sessions) {
      const window = this.#context.conf.vhosts.get(session.subject.request.vhost)?.hls.window ?? 60;
      if (now - session.aliveAt > WINDOWS * window * 1000) this.#end(ctx, session);
    }
  }

  #end(ctx: string, { subject, client }: Session): void {
    this.#sessions.delete(ctx);
    this.#context.clients.remove(client);
    this.#context.sources.release(client.source);
    void this.#context.hooks.onStop(subject, client.source);
  }
}

import { HANDSHAKE_SIZE } from '../../protocol/rtmp/handshake.js';
import { HeldPlay } from '../../protocol/rtmp/held-play.js';
import type { Identified } from '../../protocol/rtmp/identify.js';
import type { Viewer } from '../../relay/fanout.js';
import { nameOf, type StreamKey } from '../../stream-key.js';
import { type AliasBook, canAlias } from '../aliases.js';
import type { Connection } from '../connection.js';
import type { Gate } from '../gate.js';
import type { HeldRequest, HeldTraffic, HookClient } from '../held-hooks.js';
import type { Route } from '../route.js';
import { SessionError } from '../session-error.js';
import type { RtmpFanout } from './fanout.js';
import { HeldPlayer } from './held-player.js';
import type { HeldPlayers, Turn } from './held-players.js';
import type { RtmpSetup, StreamClosed } from './setup.js';
import { streamOf, wishOf } from './talk.js';

/** Bytes of a client's handshake. */
const HELLO_SIZE = 1 + 2 * HANDSHAKE_SIZE;

export interface PlayerWaitParts {
  readonly players: HeldPlayers;
  /** Null: each player has a connection of its own to a child. */
  readonly fanout: RtmpFanout | null;
  readonly gate: Gate;
  readonly aliases: AliasBook;
  readonly vhosts: readonly string[];
  readonly setup: RtmpSetup;
  readonly connection: Connection;
  /** The client towards hooks, if it comes from another child; else null. */
  readonly hookClient: HookClient | null;
  /** Hears a client that has closed its stream, until it names another one. */
  readonly again: (closed: StreamClosed) => Promise<Identified>;
}

/** A client that waits no more, or need not wait. */
export interface Ready {
  readonly identified: Identified;
  /** Null: it did not wait, and is to be routed. */
  readonly turn: Turn | null;
}

/**
 * One RTMP connection, while it has to wait for streams, for one or for one after the other, or for
 * its hooks' verdict before fan-out.
 */
export class PlayerWait {
  readonly #parts: PlayerWaitParts;
  /** Null: it has neither waited nor moved so far. */
  #hookClient: HookClient | null;
  /** A child serves it, or did so before it moved. */
  #isServed = true;
  #sent = 0;
  #received = 0;
  /** Set while, and after, it is a viewer of a feed. */
  #viewer: Viewer | null = null;

  constructor(parts: PlayerWaitParts) {
    this.#parts = parts;
    this.#hookClient = parts.hookClient;
  }

  /** Resolves when the client can go where it wants. Rejects with SessionError. */
  async settle(client: Identified): Promise<Ready> {
    const { players, fanout, connection, vhosts, again } = this.#parts;
    let identified = client;
    for (;;) {
      const stream = streamOf(identified, vhosts);
      const { role } = identified;
      connection.named(stream, role);
      const waits = role === 'play' && (await players.mustWait(stream));
      if (!waits && !this.#shares(identified, stream)) return { identified, turn: null };
      if (waits) fanout?.unpublished(stream);
      const exit = waits ? players.enter(connection.ip) : null;
      const sat = await this.#wait(identified, stream).finally(exit);
      if ('turn' in sat) return sat;
      this.#hookClient?.stop();
      identified = await again(sat);
      this.#sent += identified.sent;
    }
  }

  /** A child is about to be dialled for the client. */
  dials(route: Route): void {
    const { aliases, connection } = this.#parts;
    if (this.#hookClient === null) return;
    const { id } = this.#hookClient;
    if (id !== null) connection.knownToHooks(id);
    if (route.via !== undefined || !canAlias(route.host)) return;
    const alias = connection.takeAlias(aliases);
    if (alias !== null) this.#hookClient.goesBy(alias);
  }

  /** The client is a viewer of a feed: its child, null for another box's, does not know it. */
  carried(child: string | null, viewer: Viewer): void {
    this.#viewer = viewer;
    const traffic = () => this.#traffic;
    this.#hookClient?.carried({ child, traffic });
  }

  /** A child serves the client. */
  served(): void {
    this.#hookClient?.served();
    this.#isServed = true;
  }

  /** The client leaves its child for another one. */
  moves(): void {
    const { players, connection } = this.#parts;
    if (this.#hookClient === null) this.#hookClient = followed(players, connection);
    else this.#hookClient.moves();
  }

  /** The client towards hooks, for whoever goes on with a client that has moved. */
  get hookClient(): HookClient | null {
    return this.#hookClient;
  }

  /** The client is gone. */
  leave(): void {
    this.#hookClient?.leave(this.#traffic);
  }

  get #traffic(): HeldTraffic {
    return { sent: this.#sent + (this.#viewer?.bytesOut ?? 0), received: this.#received };
  }

  /** Reports whether a client of whose stream there is a publisher is served by fan-out. */
  #shares({ role, hasLimit }: Identified, stream: StreamKey): boolean {
    const { fanout, connection } = this.#parts;
    return role === 'play' && !hasLimit && (fanout?.wants(connection, stream) ?? false);
  }

  async #wait(identified: Identified, stream: StreamKey): Promise<Ready | StreamClosed> {
    const { setup, connection } = this.#parts;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, connection.signal]);
    const play = new HeldPlay(identified);
    const player = new HeldPlayer(setup, play);
    const closing = player.listen(signal);
    const coming = this.#come(player, { identified, stream }, signal);
    let turn: Turn | null = null;
    try {
      const first = await Promise.race([closing, coming]);
      if ('heard' in first) return first;
      turn = first;
    } finally {
      stop.abort(new SessionError('left', 'it waits no more'));
      closing.catch(() => {});
      // Its turn may have come in the very moment in which it left.
      coming.then((late) => late !== turn && giveUp(late)).catch(() => {});
      connection.hasWaited();
      this.#sent = (this.#sent || identified.sent) + player.sent;
      this.#received = HELLO_SIZE + play.size;
    }
    // The client is not read from any more: its child gets all that it has said.
    return { identified: play.letThrough(), turn };
  }

  async #come(
    player: HeldPlayer,
    { identified, stream }: { identified: Identified; stream: StreamKey },
    signal: AbortSignal,
  ): Promise<Turn> {
    const { players, gate, connection, vhosts } = this.#parts;
    const request = requestOf(identified, stream);
    const end = () => connection.end(new SessionError('left', 'it was kicked'));
    if (this.#hookClient === null) {
      this.#hookClient = players.hooks.open({ type: 'rtmp-play', ip: connection.ip, end });
    } else if (this.#isServed) {
      this.#hookClient.waits(end);
    }
    this.#isServed = false;
    const refused = (action: string) => new SessionError('hook', `${action} has refused it`);
    if (!(await this.#hookClient.connect(request))) throw refused('on_connect');
    await gate.pass(connection, wishOf(identified, vhosts));
    signal.throwIfAborted();
    player.tell();
    if (!(await this.#hookClient.play(request))) throw refused('on_play');
    return players.turn(stream, player, signal);
  }
}

/** Has hooks take a client for the same one once it has left its child; null: they cannot tell. */
export function followed(players: HeldPlayers, { ip, alias }: Connection): HookClient | null {
  return alias === null ? null : players.hooks.follow({ ip, alias });
}

function giveUp({ route, done }: Turn): void {
  route?.release();
  done();
}

function requestOf({ url, tcUrl, pageUrl }: Identified, stream: StreamKey): HeldRequest {
  return { name: nameOf(stream), tcUrl, param: url.param, pageUrl };
}

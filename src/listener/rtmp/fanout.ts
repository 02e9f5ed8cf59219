import type { Identified } from '../../protocol/rtmp/identify.js';
import type { Viewer } from '../../relay/fanout.js';
import type { PortablePendingClient } from '../../relay/portable/pending-client.js';
import type { StreamKey } from '../../stream-key.js';
import type { Connection } from '../connection.js';
import type { Route } from '../route.js';
import { SessionError } from '../session-error.js';
import type { StreamFanout } from '../stream-fanout.js';
import { ViewerCounts } from '../viewer-counts.js';
import { dialFeed } from './dial-feed.js';
import type { PlayHearerSettings } from './play-hearer.js';

/** A player that was told Play.Start, and its stream. */
interface Player {
  readonly stream: StreamKey;
  readonly identified: Pick<Identified, 'recorded' | 'chunkSize' | 'hasLimit'>;
  readonly client: PortablePendingClient;
}

/** Serves the RTMP viewers of a stream from one connection to its child for each thread. */
export class RtmpFanout {
  readonly #fanout: StreamFanout;
  readonly #viewers = new ViewerCounts();
  readonly #streams = new Map<Connection, StreamKey>();

  constructor(fanout: StreamFanout) {
    this.#fanout = fanout;
  }

  /** Counts a player to a stream, and returns whether it is to be served by fan-out. */
  wants(connection: Connection, stream: StreamKey): boolean {
    if (this.#streams.get(connection) !== stream) {
      this.left(connection);
      this.#streams.set(connection, stream);
      this.#viewers.add(stream, 1);
    }
    return this.#fanout.wants(stream, this.#viewers.of(stream));
  }

  /** Notes that a client has left. */
  left(connection: Connection): void {
    const stream = this.#streams.get(connection);
    if (stream === undefined) return;
    this.#streams.delete(connection);
    this.#viewers.add(stream, -1);
  }

  /** Notes that nobody publishes a stream. */
  unpublished(stream: StreamKey): void {
    this.#fanout.unpublished(stream);
  }

  /**
   * Serves a player from a feed of the route's child. Resolves with null, with the client as it
   * was, if there is no feed to be had: then it is relayed. `signal`: the client's. Rejects with
   * its reason, and with SessionError.
   */
  async join(route: Route, player: Player, signal: AbortSignal): Promise<Viewer | null> {
    const { stream, identified, client } = player;
    const { chunkSize, recorded, hasLimit } = identified;
    if (hasLimit) return null;
    const feeds = this.#fanout.feedsOf({
      ...{ stream, owner: route.owner, form: `rtmp ${chunkSize}` },
      dial: (limit) => dialFeed(route, stream, { chunkSize }, limit),
    });
    if (!(await feeds.ready())) return null;
    signal.throwIfAborted();
    if (client.unread > 0) return null;
    const hearer: PlayHearerSettings = { chunkSize, recorded: new Uint8Array(recorded) };
    const socket = client.release();
    const viewer = feeds.join(socket, { toClient: Buffer.alloc(0), hearer });
    if (viewer === null) {
      socket.destroy();
      throw new SessionError('full', 'no descriptor for the client');
    }
    route.shares?.();
    return viewer;
  }
}

import type { StreamKey, StreamName } from '../stream-key.js';

/** Request of a waiting player, as hooks tell it. */
export interface HeldRequest {
  /** With the resolved vhost. */
  readonly name: StreamName;
  /** `stream` of the calls, if it is not the stream's name: an HLS viewer's `x.m3u8`. */
  readonly file?: string;
  readonly tcUrl: string;
  /** Text after the stream's name, as SRS tells it for that protocol. */
  readonly param: string;
  readonly pageUrl: string;
}

/** Bytes of a connection, reported when it ends. */
export interface HeldTraffic {
  readonly sent: number;
  readonly received: number;
}

/** The way in which we serve a client in a child's place. */
export interface Carrier {
  /** Id of the child that owns the stream; null: another box has it. */
  readonly child: string | null;
  /** Returns the bytes so far. */
  readonly traffic: () => HeldTraffic;
}

/**
 * One client that waits in SRS's place, towards the user's hooks: they are asked and told the same
 * as by SRS, in SRS's order. Later calls of its child concern the same client, and a question
 * already asked is not repeated. No method rejects.
 */
export interface HookClient {
  /** Id by which users know the client while it is connected; null: its child has one to tell. */
  readonly id: string | null;
  /** Resolves with whether `on_connect` admits the client. */
  connect(request: HeldRequest): Promise<boolean>;
  /** Resolves with whether `on_play` admits it; it waits for the stream from here on. */
  play(request: HeldRequest): Promise<boolean>;
  /** Reports that the client has closed its stream. */
  stop(): void;
  /** Notes the alias or the client id by which a child will report the client. */
  goesBy(name: string): void;
  /** Notes that a child serves the client, and reports its end itself. */
  served(): void;
  /** Notes that we serve the client ourselves, in its child's place. */
  carried(by: Carrier): void;
  /** Notes that the client leaves its child for another one; its end there is not told. */
  moves(): void;
  /** Notes that a client which has moved waits again; `end` ends its connection. */
  waits(end: () => void): void;
  /** Reports that the client has left. */
  leave(traffic: HeldTraffic): void;
}

/** SRS's names for players of a protocol. */
type PlayerType = 'rtmp-play' | 'flv-play' | 'hls-play';

/** A client that waits. */
export interface HeldClientRef {
  readonly type: PlayerType;
  readonly ip: string;
  readonly end: () => void;
}

/** A client that waits for its stream, or is served, without a child; for lists of clients. */
export interface WaitingPlayer extends Omit<HeldClientRef, 'end'> {
  /** Id by which users know it. */
  readonly id: string;
  readonly name: StreamName;
  /** SRS's URL of the stream, `/live/cam`, and the ids that users see. */
  readonly url: string;
  readonly streamId: string;
  readonly vhostId: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Null: it waits. */
  readonly carrier: Carrier | null;
}

/** A client that leaves its child for another one. */
export interface MovingClient extends Pick<HeldClientRef, 'ip'> {
  /** The address by which its children report it. */
  readonly alias: string;
}

/** A client that another box has asked hooks about, and sends to a child of ours. */
export interface HeldElsewhere extends Pick<HeldClientRef, 'ip'> {
  readonly id: string;
  readonly stream: StreamKey;
}

/** The user's hooks, for clients that wait. */
export interface HeldHooks {
  open(client: HeldClientRef): HookClient;
  adopt(client: HeldElsewhere): HookClient;
  /** Reports whether the user has a URL for that call in that vhost. */
  hears(vhost: string, action: 'on_play'): boolean;
  /** Makes a client that moves, and of which only its child has told so far. */
  follow(client: MovingClient): HookClient;
  /** Ends the waiting client with that id; false if there is none. */
  end(id: string): boolean;
}

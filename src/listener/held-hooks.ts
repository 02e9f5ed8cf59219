import type { StreamKey, StreamName } from '../stream-key.js';

/** What a player that waits has asked for, as hooks tell it. */
export interface HeldRequest {
  /** By the resolved vhost. */
  readonly name: StreamName;
  readonly tcUrl: string;
  /** What follows the stream's name, as SRS tells it for that protocol. */
  readonly param: string;
  readonly pageUrl: string;
}

/** Bytes of a connection, of which its end is told. */
export interface HeldTraffic {
  readonly sent: number;
  readonly received: number;
}

/**
 * One client that waits in SRS's place, to the user's hooks: asked and told what SRS asks and tells, in
 * SRS's order. Its child's own calls are the same client's later on, and what was asked already is not
 * asked again. Nothing rejects.
 */
export interface HookClient {
  /** By which users know it, for as long as it is connected. */
  readonly id: string;
  /** Whether `on_connect` lets it in. */
  connect(request: HeldRequest): Promise<boolean>;
  /** Whether `on_play` does; the client waits for the stream from here on. */
  play(request: HeldRequest): Promise<boolean>;
  /** It has given the stream up. */
  stop(): void;
  /** A child will hear of it as the client at this address. */
  goesBy(alias: string): void;
  /** A child serves it, and says itself when that ends. */
  served(): void;
  /** It is gone. */
  leave(traffic: HeldTraffic): void;
}

/** A client that waits. */
export interface HeldClientRef {
  /** Its IP address. */
  readonly ip: string;
  /** Ends its connection. */
  readonly end: () => void;
}

/** A client that another box has asked about, and sends to a child of ours. */
export interface HeldElsewhere extends Pick<HeldClientRef, 'ip'> {
  readonly id: string;
  readonly stream: StreamKey;
}

/** The user's hooks, for those who wait. */
export interface HeldHooks {
  open(client: HeldClientRef): HookClient;
  adopt(client: HeldElsewhere): HookClient;
  /** Ends who waits by that id; false where nobody does. */
  end(id: string): boolean;
}

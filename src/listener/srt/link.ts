import { shutdown } from '../../protocol/srt/packet.js';
import type { RelayEnd, RelayedConnection } from '../../relay/relay.js';
import type { SessionEnd, UdpEndpoint, UdpRelay, UdpSession } from '../../relay/udp.js';

const ENDS: Readonly<Record<SessionEnd, RelayEnd>> = {
  farewell: 'closed',
  'child-gone': 'child-reset',
  idle: 'idle',
  destroyed: 'destroyed',
};

/** Socket ids of both ends. */
export interface SocketIds {
  readonly client: number;
  readonly child: number;
}

/** A client connected to its child: when one side ends, the other is told. */
export class SrtLink implements RelayedConnection {
  readonly ids: SocketIds;
  readonly ended: Promise<RelayEnd>;
  client: UdpEndpoint;
  readonly #relay: UdpRelay;
  readonly #session: UdpSession;

  constructor(relay: UdpRelay, session: UdpSession, client: UdpEndpoint, ids: SocketIds) {
    this.#relay = relay;
    this.#session = session;
    this.client = client;
    this.ids = ids;
    this.ended = session.ended.then((end) => {
      if (end === 'child-gone' || end === 'idle') this.#tellClient();
      return ENDS[end];
    });
  }

  get bytesIn(): number {
    return this.#session.bytesIn;
  }

  get bytesOut(): number {
    return this.#session.bytesOut;
  }

  /** Returns the number of its UDP session among those that outlive the program; null: none. */
  numberBy(numberOf: (session: UdpSession) => number | null): number | null {
    return numberOf(this.#session);
  }

  /** Passes on a packet of the client that the relay did not forward. */
  hear(packet: Buffer): void {
    this.#session.send(packet);
  }

  /** Starts relaying the client's packets, or moves to its new address. */
  moveTo(client: UdpEndpoint): void {
    this.client = client;
    this.#session.move({ ...client, tag: this.ids.child });
  }

  destroy(): void {
    this.#tellClient();
    this.#session.send(shutdown(this.ids.child));
    this.#session.destroy();
  }

  #tellClient(): void {
    this.#relay.send(shutdown(this.ids.client), this.client);
  }
}

import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { formatAddress } from '../config/address.js';
import { dialPeer, type PeerVia } from '../listener/peer/dial-peer.js';

/** Additional fields of a request to another box's child. */
interface PeerRequest {
  readonly via: PeerVia;
  /** The client's address. */
  readonly ip: string;
}

type Connected = (error: Error | null, stream: Duplex) => void;

/** Connects to children of other boxes through those boxes; limits count per child. */
export class PeerAgent extends Agent {
  override createConnection(options: ClientRequestArgs, connected?: Connected): undefined {
    const { via, ip, signal } = options as ClientRequestArgs & PeerRequest;
    const client = formatAddress({ host: ip, port: 0 });
    dialPeer(via, 'http', client, signal ?? new AbortController().signal).then(
      // The socket is paused behind the box's answer; the child sends nothing before a request.
      (socket) => connected?.(null, socket.resume()),
      (error: Error) => connected?.(error, undefined as never),
    );
  }

  override getName(options?: ClientRequestArgs): string {
    const { host, port, child, generation } = (options as ClientRequestArgs & PeerRequest).via;
    return `${host}:${port} ${child} ${generation}`;
  }
}

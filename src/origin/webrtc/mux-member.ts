import { createSocket } from 'node:dgram';
import { looksLikeStun, type StunMessage } from '../../protocol/webrtc/stun.js';

/** What a session tells of itself to the port that it shares. */
export interface MuxPeer {
  /** STUN's USERNAME in its client's checks. */
  readonly username: string;
  /** Where its peer listens on loopback. */
  readonly port: number;
  bytesReceived(bytes: number): void;
  bytesSent(bytes: number): void;
  /** The client has ended it. */
  close(): void;
}

export interface ClientAddress {
  readonly address: string;
  readonly port: number;
}

/** The first byte of a DTLS alert: browsers send one when they close. */
const ALERT = 21;
/** Checks whose answers are still to come. */
const MAX_CHECKS = 32;

/**
 * One session behind the shared port. Its peer sees one address only, ours, for the library keeps to
 * the first that it is offered: which of its own the client has chosen, we note here.
 */
export class MuxMember {
  readonly peer: MuxPeer;
  readonly #socket = createSocket('udp4');
  readonly #send: (datagram: Buffer, to: ClientAddress) => void;
  /** By transaction id: an answer goes where its check came from. */
  readonly #checks = new Map<string, ClientAddress>();
  #chosen: ClientAddress | null = null;

  constructor(peer: MuxPeer, send: (datagram: Buffer, to: ClientAddress) => void) {
    this.peer = peer;
    this.#send = send;
    this.#socket.on('error', () => {});
    this.#socket.on('message', (datagram) => this.#fromPeer(datagram));
  }

  check(datagram: Buffer, { usesCandidate }: StunMessage, from: ClientAddress): void {
    if (usesCandidate) this.#chosen = from;
    this.#chosen ??= from;
    const [oldest] = this.#checks.size >= MAX_CHECKS ? this.#checks.keys() : [];
    if (oldest !== undefined) this.#checks.delete(oldest);
    this.#checks.set(transactionOf(datagram), from);
    this.fromClient(datagram);
  }

  fromClient(datagram: Buffer): void {
    this.peer.bytesReceived(datagram.length);
    if (datagram[0] === ALERT) this.peer.close();
    else this.#socket.send(datagram, this.peer.port, '127.0.0.1', () => {});
  }

  close(): void {
    this.#socket.close();
  }

  #fromPeer(datagram: Buffer): void {
    const to = (looksLikeStun(datagram) && this.#takeCheck(datagram)) || this.#chosen;
    if (to === null) return;
    this.peer.bytesSent(datagram.length);
    this.#send(datagram, to);
  }

  #takeCheck(datagram: Buffer): ClientAddress | null {
    const id = transactionOf(datagram);
    const from = this.#checks.get(id) ?? null;
    this.#checks.delete(id);
    return from;
  }
}

function transactionOf(datagram: Buffer): string {
  return datagram.toString('latin1', 8, 20);
}

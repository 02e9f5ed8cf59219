import { createSocket } from 'node:dgram';
import { looksLikeStun, type StunMessage } from '../../protocol/webrtc/stun.js';

/** A session, as the shared port sees it. */
export interface MuxPeer {
  /** STUN USERNAME in its client's checks. */
  readonly username: string;
  /** Loopback port of its peer. */
  readonly port: number;
  bytesReceived(bytes: number): void;
  bytesSent(bytes: number): void;
  /** Called when the client has ended the session. */
  close(): void;
}

export interface ClientAddress {
  readonly address: string;
  readonly port: number;
}

/** First byte of a DTLS record of type alert; browsers send one when they close. */
const ALERT = 21;
/** Most checks without an answer. */
const MAX_CHECKS = 32;

/**
 * One session behind the shared port. Its peer sees our address only, because the library keeps the
 * first one it is offered; the address that the client has chosen is tracked here.
 */
export class MuxMember {
  readonly peer: MuxPeer;
  readonly #socket = createSocket('udp4');
  readonly #send: (datagram: Buffer, to: ClientAddress) => void;
  /** Sender of each check by transaction id, to which the answer is sent. */
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

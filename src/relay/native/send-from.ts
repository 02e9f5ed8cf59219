import { addressOf, MSG_DONTWAIT, MSG_NOSIGNAL } from './libc.js';
import { sendMany } from './libc-sockets.js';
import { type LocalAddress, MessageHeaders } from './message-headers.js';

interface Ends {
  /** The receiver's `struct sockaddr`. */
  readonly name: Uint8Array;
  /** The sender: an address of ours. */
  readonly local: LocalAddress;
  /** Of the socket. */
  readonly family: number;
}

/** Sends one datagram from a certain address of ours; one that cannot go is lost. */
export function sendFrom(fd: number, bytes: Uint8Array, { name, local, family }: Ends): void {
  // In a buffer of its own: V8 moves small arrays about.
  const copy = new Uint8Array(new ArrayBuffer(bytes.length));
  copy.set(bytes);
  const headers = new MessageHeaders(1, addressOf(copy), copy.length, family);
  headers.setName(0, addressOf(name), name.length);
  headers.setLocal(0, local);
  sendMany(fd, headers.at(0), 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

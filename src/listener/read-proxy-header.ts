import type { Socket } from 'node:net';
import { parseProxyHeader } from '../protocol/proxy/header.js';
import { ByteWriter } from '../protocol/rtmp/byte-writer.js';
import { type ClientAddress, normalIp } from './client-address.js';
import { readUntil } from './read-until.js';
import { SessionError } from './session-error.js';
import { within } from './within.js';

/** Most milliseconds for the header; a balancer sends it with the first packet. */
export const PROXY_HEADER_MS = 5000;
export const noProxyHeader = () => new SessionError('invalid', 'no PROXY header in time');

/** A client behind a balancer, and its own first bytes. */
interface ProxiedClient {
  readonly client: ClientAddress;
  readonly rest: Buffer;
}

/** Reads the PROXY header at the beginning of a connection, on any kind of socket. */
export class ProxyHeaderReader {
  readonly #seen = new ByteWriter();

  /**
   * Takes further bytes; returns null while the header is incomplete. `peer`: the client if the
   * balancer names none. @throws SessionError if there is no valid header
   */
  take(bytes: Buffer, peer: ClientAddress): ProxiedClient | null {
    this.#seen.bytes(bytes);
    const parsed = parseProxyHeader(this.#seen.written);
    if (parsed.kind === 'invalid') throw new SessionError('invalid', parsed.reason);
    if (parsed.kind === 'incomplete') return null;
    const { ip, port } = parsed.value ?? peer;
    const rest = this.#seen.written.subarray(parsed.consumed);
    return { client: { ip: normalIp(ip) ?? ip, port }, rest };
  }
}

/**
 * Reads the PROXY header of a connection from `peer`, leaves the rest unread, and resolves with the
 * client's address. Rejects if there is no complete header in time.
 */
export async function readProxyHeader(socket: Socket, peer: ClientAddress): Promise<ClientAddress> {
  const reader = new ProxyHeaderReader();
  const late = new AbortController();
  const take = (bytes: Buffer) => reader.take(bytes, peer) ?? undefined;
  const reading = readUntil(socket, take, late.signal);
  const { client, rest } = await within(
    PROXY_HEADER_MS,
    () => late.abort(noProxyHeader()),
    reading,
  );
  if (rest.length > 0) socket.unshift(rest);
  return client;
}

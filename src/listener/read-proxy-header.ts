import type { Socket } from 'node:net';
import { parseProxyHeader } from '../protocol/proxy/header.js';
import { type ClientAddress, normalIp } from './client-address.js';
import { readParsed } from './read-until.js';
import { SessionError } from './session-error.js';
import { within } from './within.js';

const refuse = (reason: string) => new SessionError('invalid', reason);

/** Most milliseconds for the header; a balancer sends it with the first packet. */
export const PROXY_HEADER_MS = 5000;
export const noProxyHeader = () => refuse('no PROXY header in time');

/**
 * Reads the PROXY header at the beginning of a connection, and leaves the rest unread. Resolves
 * with null if the balancer names no client. Rejects if there is no complete header in time.
 */
export async function readProxyHeader(socket: Socket): Promise<ClientAddress | null> {
  const late = new AbortController();
  const reading = readParsed(socket, parseProxyHeader, late.signal, refuse);
  const client = await within(PROXY_HEADER_MS, () => late.abort(noProxyHeader()), reading);
  return client && { ip: normalIp(client.ip) ?? client.ip, port: client.port };
}

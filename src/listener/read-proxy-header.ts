import type { Socket } from 'node:net';
import { parseProxyHeader } from '../protocol/proxy/header.js';
import { type ClientAddress, normalIp } from './client-address.js';
import { readUntil } from './read-until.js';

/** A balancer sends its header with the first packet; who waits longer is none. */
const WAIT_MS = 5000;

/**
 * Reads the PROXY header that a socket begins with, and leaves what follows it unread. Answers null
 * where the balancer names no client. Rejects when there is no whole header in time.
 */
export async function readProxyHeader(socket: Socket): Promise<ClientAddress | null> {
  let seen: Buffer = Buffer.alloc(0);
  const take = (bytes: Buffer) => {
    seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
    const parsed = parseProxyHeader(seen);
    if (parsed.kind === 'invalid') throw new Error(parsed.reason);
    return parsed.kind === 'value' ? parsed : undefined;
  };
  const { value, consumed } = await inTime(socket, take);
  if (consumed < seen.length) socket.unshift(seen.subarray(consumed));
  if (value === null) return null;
  return { ip: normalIp(value.ip) ?? value.ip, port: value.port };
}

async function inTime<T>(socket: Socket, take: (bytes: Buffer) => T | undefined): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('no PROXY header in time')), WAIT_MS);
  try {
    return await readUntil(socket, take, late.signal);
  } finally {
    clearTimeout(timer);
  }
}

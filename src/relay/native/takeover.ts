import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { descriptorOf } from '../../system/descriptor-of.js';
import { type RelayPair, STALL_MS } from '../relay.js';
import { close, duplicate } from './libc.js';
import type { OwnBytes, PairPast } from './protocol.js';

/** A pair without Node: two descriptors, and what each side must get first. */
export interface RawPair {
  readonly client: number;
  readonly child: number;
  readonly toClient: OwnBytes | null;
  readonly toChild: OwnBytes | null;
  /** The state of the pair's watch; undefined: it has none. */
  readonly watchState: unknown;
  readonly oneWay?: boolean;
  readonly idleMs: number;
  readonly stallMs?: number;
  readonly before?: PairPast;
}

/** Answers whether all that Node was given to write has gone to the kernel. */
export function isFlushed({ client, child }: RelayPair): boolean {
  return client.writableLength === 0 && child.writableLength === 0;
}

/**
 * Takes both connections out of Node's hands, with what Node has read and not handed on. The Node
 * sockets are destroyed; their peers notice nothing, for a duplicate holds each connection. Answers
 * null, with both sockets untouched, where that cannot be done: a socket that is TLS, not connected
 * (any more), or one descriptor too many for this process.
 */
export function takeOver(pair: RelayPair): RawPair | null {
  const client = socketDescriptor(pair.client);
  const child = socketDescriptor(pair.child);
  if (client === null || child === null) return null;
  const duplicates = duplicateBoth(client, child);
  if (duplicates === null) return null;
  const { oneWay = false, idleMs, stallMs = STALL_MS, watch } = pair;
  const ahead = release(pair.client);
  for (const bytes of ahead) watch?.passed(bytes);
  return {
    client: duplicates.client,
    child: duplicates.child,
    toClient: joined(pair.toClient, release(pair.child)),
    toChild: joined(pair.toChild, oneWay ? [] : ahead),
    watchState: watch?.state,
    oneWay,
    idleMs,
    stallMs,
  };
}

/**
 * Takes one connection out of Node's hands, with what Node has read of it. The caller owns the
 * descriptor. Answers null, with the socket untouched, where `takeOver` would.
 */
export function takeOne(socket: Socket): { fd: number; ahead: Buffer[] } | null {
  const own = socketDescriptor(socket);
  if (own === null || socket.writableLength > 0) return null;
  try {
    return { fd: duplicate(own), ahead: release(socket) };
  } catch {
    return null;
  }
}

/** Null for a socket that cannot be taken out of Node's hands. */
function socketDescriptor(socket: Socket): number | null {
  if (socket instanceof TLSSocket || socket.connecting || socket.destroyed) return null;
  return descriptorOf(socket);
}

function duplicateBoth(client: number, child: number): { client: number; child: number } | null {
  let first = -1;
  try {
    first = duplicate(client);
    return { client: first, child: duplicate(child) };
  } catch {
    if (first >= 0) close(first);
    return null;
  }
}

/** Answers what the socket had read ahead. `destroy` closes without a FIN while duplicates live. */
function release(socket: Socket): Buffer[] {
  const ahead: Buffer[] = [];
  socket.pause();
  for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) ahead.push(chunk);
  socket.destroy();
  return ahead;
}

/** Joins bytes in memory of their own: a thread that is sent them gets no others with them. */
export function joined(first: Buffer | undefined, rest: readonly Buffer[]): OwnBytes | null {
  const size = rest.reduce((sum, chunk) => sum + chunk.length, first?.length ?? 0);
  if (size === 0) return null;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of first ? [first, ...rest] : rest) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { PortableEngine } from '../portable/tcp.js';
import { STALL_MS } from '../relay.js';
import { createLocalPair } from './libc-sockets.js';
import { takeOne } from './takeover.js';

/**
 * Returns a descriptor by which a thread serves a client, which the caller owns, and what Node has
 * read of the client. Only Node can write to a client of TLS: the descriptor is one end of a local
 * pair of sockets then, and `engine` carries bytes between its other end and the client. Null, with
 * the client untouched, if it is not connected or the process can open no more descriptors.
 */
export function descriptorFor(
  client: Socket,
  engine: PortableEngine,
): { fd: number; ahead: Buffer[] } | null {
  if (!(client instanceof TLSSocket)) return takeOne(client);
  if (client.destroyed) return null;
  try {
    return { fd: bridge(client, engine), ahead: [] };
  } catch {
    return null;
  }
}

function bridge(client: Socket, engine: PortableEngine): number {
  const { first, second } = createLocalPair();
  const local = new Socket({ fd: second, readable: true, writable: true, allowHalfOpen: true });
  const relayed = engine.join({ client, child: local, idleMs: 0 });
  // A client that does not close its side would keep its socket for ever.
  local.once('end', () => {
    const timer = setTimeout(() => relayed.destroy(), STALL_MS).unref();
    void relayed.ended.then(() => clearTimeout(timer));
  });
  return first;
}

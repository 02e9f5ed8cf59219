import { Agent, type IncomingMessage, request } from 'node:http';
import type { PeerVia } from '../listener/peer/dial-peer.js';
import type { Route } from '../listener/route.js';
import { childHeaders } from '../protocol/http/child-head.js';
import { PeerAgent } from './peer-agent.js';

/** A client's request, to be passed on. */
export interface Ask {
  /** Path and query, in the client's spelling. */
  readonly target: string;
  readonly host: string;
  readonly rawHeaders: readonly string[];
  readonly ip: string;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
}

/** A child's HTTP port. */
export interface ChildAddress {
  readonly host: string;
  readonly port: number;
  /** There for a child of another box. */
  readonly via?: PeerVia;
}

/** The HTTP port of a route's child. */
export function addressOf({ host, ports, via }: Route): ChildAddress {
  return { host, port: ports.http, ...(via === undefined ? {} : { via }) };
}

/**
 * Connections to one child at a time, besides those of its clients: an SRS that has once refused a
 * connection accepts none any more. New sessions may wait for a hook, and hold up only each other.
 */
const AGENTS = {
  session: { own: new Agent({ maxSockets: 40 }), peer: new PeerAgent({ maxSockets: 40 }) },
  poll: { own: new Agent({ maxSockets: 20 }), peer: new PeerAgent({ maxSockets: 20 }) },
  segment: { own: new Agent({ maxSockets: 20 }), peer: new PeerAgent({ maxSockets: 20 }) },
} as const;

/** Of silence; SRS waits 30 s for a hook. */
const TIMEOUT_MS = 35_000;

/**
 * Asks a child what a client asked us. Rejects where it does not answer: it is gone, or it refuses
 * this client, which SRS does by closing the connection.
 */
export function askChild(
  { host, port, via }: ChildAddress,
  ask: Ask,
  purpose: keyof typeof AGENTS,
): Promise<IncomingMessage> {
  const headers = childHeaders(ask, ask.ip).flat();
  const { target: path, signal, ip } = ask;
  const { own, peer } = AGENTS[purpose];
  const way = via === undefined ? { agent: own } : { agent: peer, via, ip };
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, headers, signal, timeout: TIMEOUT_MS, ...way });
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('response', resolve).on('error', reject).end();
  });
}

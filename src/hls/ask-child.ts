import { Agent, type IncomingMessage, request } from 'node:http';
import { childHeaders } from '../protocol/http/child-head.js';

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
}

/**
 * Connections to one child at a time, besides those of its clients: an SRS that has once refused a
 * connection accepts none any more. New sessions may wait for a hook, and hold up only each other.
 */
export const AGENTS = {
  session: new Agent({ maxSockets: 40 }),
  poll: new Agent({ maxSockets: 20 }),
  segment: new Agent({ maxSockets: 20 }),
} as const;

/** Of silence; SRS waits 30 s for a hook. */
const TIMEOUT_MS = 35_000;
const MAX_TEXT_BYTES = 1024 * 1024;

/**
 * Asks a child what a client asked us. Rejects where it does not answer: it is gone, or it refuses
 * this client, which SRS does by closing the connection.
 */
export function askChild(
  { host, port }: ChildAddress,
  ask: Ask,
  agent: Agent,
): Promise<IncomingMessage> {
  const headers = childHeaders(ask, ask.ip).flat();
  const { target: path, signal } = ask;
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, headers, agent, signal, timeout: TIMEOUT_MS });
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('response', resolve).on('error', reject).end();
  });
}

/** The whole of an answer. Rejects where it is cut short, or is no playlist by its size. */
export async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_TEXT_BYTES) throw new Error(`a playlist above ${MAX_TEXT_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

import type { IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { RtcConf } from '../conf/conf.js';

const MAX_BODY_BYTES = 128 * 1024;

/** Reads a request's body. Rejects if it is longer than any offer. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Returns the query's `eip` (`ip`, `ip:port`, `[ip6]:port`), else the config's, else our own. */
export function candidateFor(
  query: ReadonlyMap<string, string>,
  { port, candidate }: RtcConf,
): { readonly ip: string; readonly port: number } {
  const eip = query.get('eip') || query.get('candidate');
  const text = eip || (candidate === '*' || candidate === '0.0.0.0' ? ownAddress() : candidate);
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  return { ip: match?.[1] ?? match?.[2] ?? text, port: Number(match?.[3] ?? port) };
}

function ownAddress(): string {
  const cards = Object.values(networkInterfaces()).flatMap((card) => card ?? []);
  const card = cards.find(({ family, internal }) => family === 'IPv4' && !internal);
  return card?.address ?? '127.0.0.1';
}

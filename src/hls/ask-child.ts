import type { IncomingMessage } from 'node:http';
import { type ChildAddress, openAnswer } from '../child-access/ask.js';
import { formatAddress } from '../config/address.js';
import { dialPeer, type PeerVia } from '../listener/peer/dial-peer.js';
import type { Route } from '../listener/route.js';
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
export interface HlsChild {
  readonly host: string;
  readonly port: number;
  /** There for a child of another box. */
  readonly via?: PeerVia;
}

/** First playlists may wait for a hook, so they must not hold up playlists and segments. */
type HlsPurpose = 'hlsSession' | 'hlsPlaylist' | 'hlsSegment';

/** Most milliseconds of silence; SRS waits 30 s for a hook. */
const SILENCE_MS = 35_000;

/** Returns the HTTP port of a route's child. `hookId`: id by which hooks know the client. */
export function addressOf({ host, ports, via }: Route, hookId?: string): HlsChild {
  const address = { host, port: ports.http };
  if (via === undefined) return address;
  const { wanted } = via;
  if (wanted === null || hookId === undefined) return { ...address, via };
  return { ...address, via: { ...via, wanted: { ...wanted, hookId } } };
}

/**
 * Passes a client's request on. Rejects if the child does not answer: it has ended, or refuses this
 * client, which SRS does by closing the connection.
 */
export async function askChild(
  child: HlsChild,
  ask: Ask,
  purpose: HlsPurpose,
): Promise<IncomingMessage> {
  const { target: path, ip, signal } = ask;
  const headers = childHeaders(ask, ip).flat();
  const question = { method: 'GET', path, headers };
  const options = { purpose, signal, silenceMs: SILENCE_MS };
  const answer = await openAnswer(accessOf(child, ip), question, options);
  if (answer === null) throw new Error('the child refuses the request');
  return answer;
}

function accessOf({ host, port, via }: HlsChild, ip: string): ChildAddress {
  if (via === undefined) return { host, port };
  const client = formatAddress({ host: ip, port: 0 });
  const dial = async (signal: AbortSignal) => {
    // The socket is paused after the box's answer; the child sends nothing before a request.
    return (await dialPeer(via, 'http', client, signal)).resume();
  };
  const child = `${via.child}-${via.generation}`;
  return { host: via.host, port: via.port, child, dial };
}

import type { Socket } from 'node:net';
import { takePlace } from '../child-access/places.js';
import { formatAddress } from '../config/address.js';
import type { ChildService } from '../protocol/peer/hello.js';
import { canAlias } from './aliases.js';
import { dial } from './dial.js';
import { dialPeer, type PeerVia } from './peer/dial-peer.js';
import type { Route } from './route.js';
import { KEEPER_ADDRESS } from './source-keeper.js';

/** A child to which feeds are opened. */
export type FeedSource = Pick<Route, 'host' | 'ports' | 'via'>;

/** A connection to a child, and the function to call when it has ended. */
export interface FeedDial {
  readonly child: Socket;
  readonly giveBack: () => void;
}

/**
 * Connects to a child, here or on another box, from an address of our own, of which hooks and API
 * tell users nothing. `open` says what the child is to send, and resolves when it does; if it
 * rejects, the connection is closed. Rejects as dialling does, with the signal's reason, and as
 * `open` does.
 */
export async function dialForFeed<T>(
  source: FeedSource,
  service: ChildService,
  { signal, open }: { readonly signal: AbortSignal; readonly open: (child: Socket) => Promise<T> },
): Promise<FeedDial & { readonly opened: T }> {
  const { child, giveBack } = await connect(source, service, signal);
  child.on('error', () => {});
  try {
    return { child, giveBack, opened: await open(child) };
  } catch (error) {
    child.destroy();
    giveBack();
    throw error;
  }
}

async function connect(
  { host, ports, via }: FeedSource,
  service: ChildService,
  signal: AbortSignal,
): Promise<FeedDial> {
  if (via !== undefined) return connectToBox(via, service, signal);
  const port = ports[service];
  const giveBack = await takePlace('fanout', { host, port }, signal);
  try {
    return { child: await dialAsFeed({ host, port }, signal), giveBack };
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** The other box takes the place in its child. */
async function connectToBox(
  via: PeerVia,
  service: ChildService,
  signal: AbortSignal,
): Promise<FeedDial> {
  const { wanted } = via;
  const asFeed = { ...via, wanted: wanted && { ...wanted, isFeed: true as const } };
  const client = formatAddress({ host: KEEPER_ADDRESS, port: 0 });
  return { child: await dialPeer(asFeed, service, client, signal), giveBack: () => {} };
}

/** Dials a child's port from the address of feeds; an origin elsewhere sees ours. */
export function dialAsFeed(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  return dial({ host, port, localAddress: canAlias(host) ? KEEPER_ADDRESS : null }, signal);
}

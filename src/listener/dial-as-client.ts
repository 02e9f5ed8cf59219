import type { Socket } from 'node:net';
import { codeOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import type { ChildService } from '../protocol/peer/hello.js';
import { type AliasBook, canAlias } from './aliases.js';
import type { Connection } from './connection.js';
import { dial } from './dial.js';
import { dialPeer, type PeerVia } from './peer/dial-peer.js';
import type { Route } from './route.js';

export interface ChildTarget {
  readonly host: string;
  readonly port: number;
  /** Set for a child of another box; host and port are then that box's. */
  readonly via?: PeerVia & { readonly service: ChildService };
}

/** Returns one of the ports of a route's child. */
export function targetOf({ host, ports, via }: Route, service: ChildService): ChildTarget {
  const target = { host, port: ports[service] };
  return via === undefined ? target : { ...target, via: { ...via, service } };
}

/**
 * Dials a child from the client's alias, so that the child's API and hooks tell clients apart. The
 * connection keeps the alias until it is closed. Rejects as `dial` does.
 */
export async function dialAsClient(
  connection: Connection,
  target: ChildTarget,
  { aliases, logger }: { readonly aliases: AliasBook; readonly logger: Logger },
): Promise<Socket> {
  const { host, port } = target;
  if (target.via !== undefined) {
    const via = asKnown(target.via, connection.hookId);
    return dialPeer(via, target.via.service, connection.client, connection.signal);
  }
  if (!canAlias(host)) return dial({ host, port, localAddress: null }, connection.signal);
  const alias = connection.takeAlias(aliases);
  try {
    return await dial({ host, port, localAddress: alias }, connection.signal);
  } catch (error) {
    if (alias === null || codeOf(error) !== 'EADDRNOTAVAIL') throw error;
    logger.warn('this machine lends no 127.x.y.z address: children see every client as 127.0.0.1');
    aliases.disable();
    connection.releaseAlias(aliases);
    return dial({ host, port, localAddress: null }, connection.signal);
  }
}

function asKnown(via: PeerVia, hookId: string | null): PeerVia {
  const { wanted } = via;
  return wanted === null || hookId === null ? via : { ...via, wanted: { ...wanted, hookId } };
}

import type { Socket } from 'node:net';
import { codeOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { AliasBook } from './aliases.js';
import type { Connection } from './connections.js';
import { dial } from './dial.js';

/** A port of a child. */
export interface ChildTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * Dials a child from an address of the client's own, so that the child's API and hooks tell clients
 * apart. The alias is the connection's until that is closed. Rejects as `dial` does.
 */
export async function dialAsClient(
  connection: Connection,
  target: ChildTarget,
  { aliases, logger }: { readonly aliases: AliasBook; readonly logger: Logger },
): Promise<Socket> {
  connection.alias ??= aliases.take(connection.client);
  try {
    return await dial({ ...target, localAddress: connection.alias }, connection.signal);
  } catch (error) {
    if (connection.alias === null || codeOf(error) !== 'EADDRNOTAVAIL') throw error;
    logger.warn('this machine lends no 127.x.y.z address: children see every client as 127.0.0.1');
    aliases.disable();
    aliases.release(connection.alias);
    connection.alias = null;
    return dial({ ...target, localAddress: null }, connection.signal);
  }
}

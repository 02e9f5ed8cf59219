import { streamId, vhostId } from '../../public-ids.js';
import type { Addresses } from '../addresses.js';
import { type Json, textOf } from '../json.js';

/** A child's lists, as received. */
export interface Lists {
  readonly vhosts: readonly Json[];
  readonly streams: readonly Json[];
  readonly clients: readonly Json[];
}

/**
 * Converts a child's lists to the box's terms: a vhost's id derives from its name and a stream's
 * from its URL, so that they are equal on all children and after restarts; clients' aliases become
 * true addresses, with the ids of their connections to us. Streams and clients get their child's
 * id. Client ids stay the child's.
 */
export function localize(lists: Lists, child: string, addresses: Addresses): Lists {
  const vhosts = idsOf(lists.vhosts, (row) => vhostId(textOf(row, 'name')));
  const streams = idsOf(lists.streams, (row) => streamId(textOf(row, 'url')));
  const rename = (ids: Map<string, string>, id: string) => ids.get(id) ?? id;
  return {
    vhosts: lists.vhosts.map((row) => ({ ...row, id: rename(vhosts, textOf(row, 'id')) })),
    streams: lists.streams.map((row) => ({
      ...row,
      id: rename(streams, textOf(row, 'id')),
      vhost: rename(vhosts, textOf(row, 'vhost')),
      child,
    })),
    clients: lists.clients.map((row) => ({
      ...row,
      vhost: rename(vhosts, textOf(row, 'vhost')),
      stream: rename(streams, textOf(row, 'stream')),
      ip: row.ip,
      ...addresses.get(textOf(row, 'ip')),
      child,
    })),
  };
}

/** Maps the child's ids to the box's. */
function idsOf(rows: readonly Json[], idOf: (row: Json) => string): Map<string, string> {
  return new Map(rows.map((row) => [textOf(row, 'id'), idOf(row)]));
}

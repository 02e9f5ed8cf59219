import { createHash } from 'node:crypto';
import { type Json, textOf } from '../json.js';

/** A child's lists, as it sent them. */
export interface Lists {
  readonly vhosts: readonly Json[];
  readonly streams: readonly Json[];
  readonly clients: readonly Json[];
}

/**
 * A child's lists in the box's own terms: a vhost's id follows from its name and a stream's from its
 * url, so they are the same on all children and over their restarts; clients have their own address
 * again, by their alias. Streams and clients say which child has them. Ids of clients stay the child's.
 */
export function localize(
  lists: Lists,
  child: string,
  addresses: ReadonlyMap<string, string>,
): Lists {
  const vhosts = idsBy(lists.vhosts, 'name');
  const streams = idsBy(lists.streams, 'url');
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
      ip: addresses.get(textOf(row, 'ip')) ?? row.ip,
      child,
    })),
  };
}

/** The box's id of each id that the child gave. */
function idsBy(rows: readonly Json[], field: 'name' | 'url'): Map<string, string> {
  return new Map(
    rows.map((row) => [textOf(row, 'id'), stableId(`${field} ${textOf(row, field)}`)]),
  );
}

/** In SRS's form, but longer: a hundred thousand streams must not share an id by chance. */
function stableId(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return `vid-${digest.readBigUInt64BE().toString(36).slice(0, 11)}`;
}

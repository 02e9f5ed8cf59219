import { createHash } from 'node:crypto';
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
 * true addresses. Streams and clients get their child's id. Client ids stay the child's.
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

/** Maps the child's ids to the box's. */
function idsBy(rows: readonly Json[], field: 'name' | 'url'): Map<string, string> {
  return new Map(
    rows.map((row) => [textOf(row, 'id'), stableId(`${field} ${textOf(row, field)}`)]),
  );
}

/** Makes an id in SRS's format, but longer: a hundred thousand streams must not collide. */
function stableId(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return `vid-${digest.readBigUInt64BE().toString(36).slice(0, 11)}`;
}

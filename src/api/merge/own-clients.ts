import { type Json, numberOf, objectOf, textOf } from '../json.js';
import type { Lists } from './localize.js';

/**
 * Removes our own clients, which come from the address `own`, from a child's lists: their rows, and
 * their part in the counts of streams and vhosts. A stream that only we play is removed, too. A
 * stream gets the tcUrl of its publisher: SRS shows that of the first client, and a client of ours
 * comes before each publisher.
 */
export function withoutOwnClients(lists: Lists, own: string): Lists {
  const mine = lists.clients.filter((client) => textOf(client, 'ip') === own);
  const clients = lists.clients.filter((client) => textOf(client, 'ip') !== own);
  const tcUrls = new Map(clients.map((client) => [textOf(client, 'id'), client.tcUrl]));
  const counted = subtract(lists.streams, mine, 'stream');
  const streams = counted.filter((stream) => !isOnlyOurs(stream, mine));
  const vhosts = subtract(lists.vhosts, mine, 'vhost').map((vhost) => {
    const gone = counted.filter((stream) => stream.vhost === vhost.id && !streams.includes(stream));
    return gone.length === 0
      ? vhost
      : { ...vhost, streams: numberOf(vhost, 'streams') - gone.length };
  });
  return {
    clients,
    vhosts,
    streams: streams.map((stream) => {
      const tcUrl = tcUrls.get(textOf(objectOf(stream, 'publish'), 'cid')) ?? stream.tcUrl;
      return { ...stream, tcUrl };
    }),
  };
}

function isOnlyOurs(stream: Json, mine: readonly Json[]): boolean {
  const isActive = objectOf(stream, 'publish').active === true;
  if (isActive || numberOf(stream, 'clients') > 0) return false;
  return mine.some((client) => client.stream === stream.id);
}

/** Rows whose `clients` does not count `mine`; `field` of a client names its row. */
function subtract(rows: readonly Json[], mine: readonly Json[], field: string): readonly Json[] {
  if (mine.length === 0) return rows;
  return rows.map((row) => {
    const count = mine.filter((client) => client[field] === row.id).length;
    return count === 0 ? row : { ...row, clients: numberOf(row, 'clients') - count };
  });
}

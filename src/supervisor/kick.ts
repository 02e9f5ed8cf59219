import type { Kicked, KickOrder } from '../admin/kick-route.js';
import type { Api } from '../api/api.js';
import type { ConnectionRow } from '../listener/listener.js';
import type { Logger } from '../logging/logger.js';
import { tell } from '../logging/tell.js';
import type { Placement } from '../placement/placement.js';
import { hostName } from '../protocol/http/target.js';
import { streamId } from '../public-ids.js';
import { DEFAULT_VHOST, nameOf, streamUrl } from '../stream-key.js';
import type { Listeners } from './listeners.js';

export interface KickParts {
  readonly api: Pick<Api, 'kick' | 'kickSessions'>;
  readonly listeners: Pick<Listeners, 'kick'>;
  readonly placement: Pick<Placement, 'list'>;
  readonly logger: Logger;
}

const REASON = 'closed by an operator';

/** Returns what closes clients on all ports, and those that only children know. */
export function makeKick(parts: KickParts): (order: KickOrder) => Promise<Kicked> {
  return async (order) => {
    const kicked = await kickBy(parts, order);
    tellKick(parts.logger, order, kicked);
    return kicked;
  };
}

async function kickBy(parts: KickParts, { client, stream, ip }: KickOrder): Promise<Kicked> {
  if (client !== undefined) return kickOne(parts, client);
  if (ip !== undefined) return kickAddress(parts, ip);
  return kickStream(parts, stream ?? '');
}

function tellKick(logger: Logger, order: KickOrder, { connections, sessions }: Kicked): void {
  const clients = connections.length + sessions;
  if (clients === 0) return;
  const { client, ip, stream = '' } = order;
  const by = client !== undefined ? 'client' : ip !== undefined ? 'ip' : 'stream';
  const streams = [...new Set(connections.flatMap((row) => row.stream ?? []))];
  const event = { type: 'kick', by, name: client ?? ip ?? stream, clients, streams } as const;
  const { type: _, streams: __, ...fields } = event;
  tell(logger, event, { level: 'info', message: 'clients closed by an operator', fields });
}

async function kickOne({ api, listeners }: KickParts, name: string): Promise<Kicked> {
  const connections = listeners.kick(({ id, client }) => id === name || client === name, REASON);
  if (connections.length > 0) return { connections, sessions: 0 };
  return { connections, sessions: (await api.kick(name)) ? 1 : 0 };
}

/** An address may be in brackets, as the clients' rows have those of IPv6. */
async function kickAddress({ api, listeners }: KickParts, named: string): Promise<Kicked> {
  const ip = named.replace(/^\[(.*)\]$/, '$1');
  const isTheirs = (row: ConnectionRow) => row.stream !== null && hostName(row.client) === ip;
  const connections = listeners.kick(isTheirs, REASON);
  return { connections, sessions: await api.kickSessions((row) => row.ip === ip) };
}

async function kickStream({ api, listeners, placement }: KickParts, name: string): Promise<Kicked> {
  const keys: ReadonlySet<string | null> = new Set([name, `${DEFAULT_VHOST}/${name}`]);
  const found = placement.list().find((row) => keys.has(row.stream));
  const connections = listeners.kick(({ stream }) => keys.has(stream), REASON);
  // Only the owner has sessions; without one there are none.
  if (found === undefined || found.box !== undefined) return { connections, sessions: 0 };
  const id = streamId(streamUrl(nameOf(found.stream)));
  return { connections, sessions: await api.kickSessions((row) => row.stream === id, found.child) };
}

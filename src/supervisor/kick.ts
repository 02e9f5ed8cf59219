import type { Kicked, KickOrder } from '../admin/kick-route.js';
import type { Api } from '../api/api.js';
import type { ConnectionRow } from '../listener/listener.js';
import type { Placement } from '../placement/placement.js';
import { hostName } from '../protocol/http/target.js';
import { streamId } from '../public-ids.js';
import { DEFAULT_VHOST, nameOf, streamUrl } from '../stream-key.js';
import type { Listeners } from './listeners.js';

export interface KickParts {
  readonly api: Pick<Api, 'kick' | 'kickSessions'>;
  readonly listeners: Pick<Listeners, 'kick'>;
  readonly placement: Pick<Placement, 'list'>;
}

const REASON = 'closed by an operator';

/** Returns what closes clients on all ports, and those that only children know. */
export function makeKick(parts: KickParts): (order: KickOrder) => Promise<Kicked> {
  return async ({ client, stream, ip }) => {
    if (client !== undefined) return kickOne(parts, client);
    if (ip !== undefined) return kickAddress(parts, ip);
    return kickStream(parts, stream ?? '');
  };
}

async function kickOne({ api, listeners }: KickParts, name: string): Promise<Kicked> {
  const connections = listeners.kick(({ id, client }) => id === name || client === name, REASON);
  if (connections.length > 0) return { connections, sessions: 0 };
  return { connections, sessions: (await api.kick(name)) ? 1 : 0 };
}

async function kickAddress({ api, listeners }: KickParts, ip: string): Promise<Kicked> {
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

import { formatAddress } from '../../config/address.js';
import type { Logger } from '../../logging/logger.js';
import { resolveVhost } from '../../protocol/rtmp/stream-url.js';
import { parseExtensions, parseStreamIdExtension } from '../../protocol/srt/extensions.js';
import { Reject } from '../../protocol/srt/reject.js';
import { parseStreamId, type StreamId } from '../../protocol/srt/stream-id.js';
import { type Role, type StreamKey, streamKey } from '../../stream-key.js';
import type { AliasBook } from '../aliases.js';
import { reachChild } from '../reach-child.js';
import type { Route, Router } from '../route.js';
import type { Caller } from './callers.js';
import { ChildHandshake, type HandshakeContext } from './child-handshake.js';
import { SrtRefusal } from './refusal.js';

/** What every session of a listener shares. */
export interface SrtSessionContext extends HandshakeContext {
  readonly route: Router;
  /** Whether that is the address of another box. */
  readonly isBox?: (ip: string) => boolean;
  readonly aliases: AliasBook;
  /** The vhosts that the children have; any other name is the default vhost. */
  readonly vhosts: readonly string[];
  /** The app of a stream id that names none. */
  readonly defaultApp: string;
  readonly logger: Logger;
}

/** The socket type of a version 4 handshake. */
const DATAGRAM = 2;

/**
 * Serves one SRT caller from its conclusion to its end: identify, find the owner, have it shake hands,
 * relay. Resolves when the relayed connection has ended; rejects with SessionError when it never began.
 */
export async function serveSrt(caller: Caller, context: SrtSessionContext): Promise<void> {
  const { connection } = caller;
  const { role, stream } = identify(caller, context);
  connection.role = role;
  connection.stream = stream;
  const route = async () => {
    const found = await context.route(stream, role);
    if (found?.via === undefined || !context.isBox?.(connection.ip)) return found;
    // Another box has sent this caller on: so nothing ever runs in circles.
    found.release();
    return null;
  };
  const join = (next: Route) => joinChild(caller, next, context);
  const taken = await reachChild(connection, { route, join }, context.logger);
  try {
    await connection.relayed?.ended;
  } finally {
    taken.release();
  }
}

async function joinChild(caller: Caller, route: Route, context: SrtSessionContext): Promise<void> {
  const { connection } = caller;
  connection.alias ??= context.aliases.take(connection.client);
  const link = await new ChildHandshake(caller, route, context).link;
  connection.owner = route.owner;
  connection.relayed = link;
  context.moves.add(link, ({ ip: host, port }) => {
    if (host === connection.ip) connection.client = formatAddress({ host, port });
  });
  void link.ended.then(() => context.moves.remove(link));
}

/** Throws SrtRefusal for what no child could serve. */
function identify(
  caller: Caller,
  { vhosts, defaultApp }: SrtSessionContext,
): { role: Role; stream: StreamKey } {
  const { role, app, stream, vhost: asked } = streamIdOf(caller, defaultApp);
  const vhost = resolveVhost(asked, vhosts);
  if (!vhosts.includes(vhost)) throw SrtRefusal.of(Reject.hostNotFound, `no vhost ${vhost}`);
  return { role, stream: streamKey({ vhost, app, stream }) };
}

function streamIdOf(caller: Caller, defaultApp: string): StreamId {
  const id = parseStreamId(nameOf(caller), defaultApp);
  if (id.kind === 'value') return id.value;
  throw SrtRefusal.of(Reject.badRequest, id.kind === 'invalid' ? id.reason : id.kind);
}

/** The stream id as the caller sent it, for people; undefined: it sent none that can be read. */
export function askedBy(caller: Caller): string | undefined {
  try {
    return nameOf(caller);
  } catch {
    return undefined;
  }
}

/** The text of the stream id. A version 4 caller has no means to send one. */
function nameOf({ packet, handshake: { version, extension } }: Caller): string {
  if (version === 4 && extension === DATAGRAM) return '';
  if (version === 4) throw SrtRefusal.of(Reject.rogue, `socket type ${extension}`);
  if (version !== 5) throw SrtRefusal.of(Reject.version, `handshake version ${version}`);
  const blocks = parseExtensions(packet);
  if (blocks.kind !== 'value') throw SrtRefusal.of(Reject.rogue, 'broken extensions');
  const name = parseStreamIdExtension(blocks.value);
  if (name.kind !== 'value') throw SrtRefusal.of(Reject.rogue, 'broken stream id');
  return name.value;
}

import { formatAddress } from '../../config/address.js';
import type { Logger } from '../../logging/logger.js';
import { logRefusal } from '../../logging/refusals.js';
import { tokenIn } from '../../protocol/access-token.js';
import {
  type ExtensionBlock,
  parseExtensions,
  parseStreamIdExtension,
  withStreamId,
} from '../../protocol/srt/extensions.js';
import { Reject } from '../../protocol/srt/reject.js';
import {
  type DefaultStreamId,
  parseStreamId,
  readStreamId,
  type ServedStreamId,
} from '../../protocol/srt/stream-id.js';
import { type Role, resolveVhost, type StreamKey, streamKey } from '../../stream-key.js';
import type { AliasBook } from '../aliases.js';
import type { Connection } from '../connection.js';
import type { Gate } from '../gate.js';
import { reachChild } from '../reach-child.js';
import type { Route, Router } from '../route.js';
import type { SetupTurns } from '../setup-turns.js';
import type { Caller } from './callers.js';
import { ChildHandshake, type HandshakeContext } from './child-handshake.js';
import type { SrtLink } from './link.js';
import type { Moves } from './moves.js';
import { SrtRefusal } from './refusal.js';

/** Settings that all sessions of a listener share. */
export interface SrtSessionContext extends HandshakeContext {
  readonly route: Router;
  readonly gate: Gate;
  readonly turns?: SetupTurns | undefined;
  /** Returns whether an address is another box's. */
  readonly isBox?: (ip: string) => boolean;
  readonly aliases: AliasBook;
  /** Returns the vhosts of the children; any other name is the default vhost. */
  readonly vhosts: () => readonly string[];
  /** App of a stream id that names none. */
  readonly defaultApp: string;
  /** Stream id for callers that name no stream; null: they are refused. */
  readonly defaultStreamId: DefaultStreamId | null;
  readonly logger: Logger;
}

/** Socket type in a version 4 handshake. */
const DATAGRAM = 2;

/**
 * Serves one SRT caller from its conclusion on: identifies it, finds the owner, lets it handshake
 * and relays. Resolves when the relayed connection has ended; rejects if it never began.
 */
export async function serveSrt(caller: Caller, context: SrtSessionContext): Promise<void> {
  const { connection } = caller;
  const { role, stream, token } = identify(caller, context);
  connection.named(stream, role);
  // Another box has applied the rules to its callers, by addresses that are not known here.
  const isSentOn = context.isBox?.(connection.ip) ?? false;
  await context.gate.pass(connection, { stream, role, isSentOn, token });
  const route = async () => {
    const found = await context.route(stream, role);
    if (found?.via === undefined || !isSentOn) return found;
    // Another box has sent this caller, so it is not passed on again: there are no loops.
    found.release();
    return null;
  };
  const join = (next: Route) => joinChild(caller, next, context);
  const turns = isSentOn ? undefined : context.turns;
  const taken = await reachChild(connection, { route, join, turns }, context.logger);
  try {
    await connection.relayed?.ended;
  } finally {
    taken.release();
  }
}

async function joinChild(caller: Caller, route: Route, context: SrtSessionContext): Promise<void> {
  const { connection } = caller;
  connection.takeAlias(context.aliases);
  const link = await new ChildHandshake(caller, route, context).link;
  connection.servedBy(route.owner, link);
  followMoves(connection, link, context.moves);
}

/** Keeps the client's address true while the link lasts. */
export function followMoves(connection: Connection, link: SrtLink, moves: Moves): void {
  moves.add(link, ({ ip: host, port }) => {
    if (host === connection.ip) connection.comesFrom(formatAddress({ host, port }));
  });
  void link.ended.then(() => moves.remove(link));
}

/** A caller's wish, and the access token that it has shown; null: none. */
interface Named {
  readonly role: Role;
  readonly stream: StreamKey;
  readonly token: string | null;
}

/** Throws SrtRefusal for a request that no child could serve. */
function identify(caller: Caller, context: SrtSessionContext): Named {
  const vhosts = context.vhosts();
  const { role, app, stream, vhost: asked, text } = streamIdOf(caller, context);
  const vhost = resolveVhost(asked, vhosts);
  if (!vhosts.includes(vhost)) throw SrtRefusal.of(Reject.hostNotFound, `no vhost ${vhost}`);
  return { role, stream: streamKey({ vhost, app, stream }), token: tokenIn(text) };
}

/** Reads the caller's stream id; a replacement is written into `conclusion`. */
function streamIdOf(
  caller: Caller,
  { defaultApp, defaultStreamId, logger }: SrtSessionContext,
): ServedStreamId {
  const blocks = extensionsOf(caller);
  const asked = nameIn(blocks);
  const id = readStreamId(asked, defaultApp, defaultStreamId);
  if (id.kind !== 'value') {
    throw SrtRefusal.of(Reject.badRequest, id.kind === 'invalid' ? id.reason : id.kind);
  }
  const { text } = id.value;
  if (text === asked) return id.value;
  if (caller.handshake.version === 4) return withoutId(id.value, defaultApp);
  caller.conclusion = withStreamId(caller.packet, blocks, text);
  const { client } = caller.connection;
  const fields = { client, streamId: asked, takenAs: text };
  logRefusal(logger, 'srt: the stream id was read as another', fields);
  return id.value;
}

/**
 * A version 4 caller cannot send a stream id, and a replacement cannot be added; SRS has its own
 * default.
 */
function withoutId(wanted: ServedStreamId, defaultApp: string): ServedStreamId {
  const taken = parseStreamId('', defaultApp);
  const isTaken =
    taken.kind === 'value' &&
    taken.value.role === wanted.role &&
    taken.value.app === wanted.app &&
    taken.value.stream === wanted.stream;
  if (isTaken) return wanted;
  throw SrtRefusal.of(Reject.badRequest, 'a caller of SRT version 4 can name no stream');
}

/** Returns the caller's stream id for logs; undefined: it sent no readable one. */
export function askedBy(caller: Caller): string | undefined {
  try {
    return nameIn(extensionsOf(caller));
  } catch {
    return undefined;
  }
}

/** A version 4 caller cannot send a stream id. */
function extensionsOf({ packet, handshake: { version, extension } }: Caller): ExtensionBlock[] {
  if (version === 4 && extension === DATAGRAM) return [];
  if (version === 4) throw SrtRefusal.of(Reject.rogue, `socket type ${extension}`);
  if (version !== 5) throw SrtRefusal.of(Reject.version, `handshake version ${version}`);
  const blocks = parseExtensions(packet);
  if (blocks.kind !== 'value') throw SrtRefusal.of(Reject.rogue, 'broken extensions');
  return blocks.value;
}

function nameIn(blocks: readonly ExtensionBlock[]): string {
  const name = parseStreamIdExtension(blocks);
  if (name.kind !== 'value') throw SrtRefusal.of(Reject.rogue, 'broken stream id');
  return name.value;
}

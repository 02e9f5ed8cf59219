import type { Socket } from 'node:net';
import type { Binary } from '../child/binary.js';
import { holdableVhosts } from '../child/holdable.js';
import type { Template } from '../child/template.js';
import type { Address, Config } from '../config/config.js';
import type { AliasBook } from '../listener/aliases.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { Certificate } from '../listener/certificate.js';
import type { Gate } from '../listener/gate.js';
import type { HeldHooks } from '../listener/held-hooks.js';
import type { HoldBudget } from '../listener/hold-budget.js';
import type { RtmpPortOptions } from '../listener/rtmp/base-listener.js';
import { HeldPlayers } from '../listener/rtmp/held-players.js';
import { RtmpListener } from '../listener/rtmp/listener.js';
import { RtmpPool } from '../listener/rtmp/pool.js';
import type { RtmpSessionContext } from '../listener/rtmp/session.js';
import { CHILD_ANSWER_MS } from '../listener/rtmp/talk.js';
import type { SetupTurns } from '../listener/setup-turns.js';
import { keepSources } from '../listener/source-keeper.js';
import type { Logger } from '../logging/logger.js';
import { DEFAULT_SIZES, type GreetingSizes } from '../protocol/rtmp/greeting.js';
import type { RelayEngine } from '../relay/relay.js';
import { DEFAULT_VHOST, nameOf } from '../stream-key.js';
import type { NamedListener } from './listeners.js';
import type { Routing } from './routing.js';

export interface RtmpParts {
  readonly gate: Gate;
  readonly turns: SetupTurns;
  readonly config: Pick<Config, 'listen' | 'proxies' | 'limits' | 'cluster'>;
  readonly binary: Pick<Binary, 'version'>;
  readonly template: Template;
  readonly vhosts: readonly string[];
  readonly engine: RelayEngine;
  readonly routing: Pick<Routing, 'route' | 'whenPublishing' | 'knowsPublishers'>;
  readonly aliases: AliasBook;
  readonly budget: ConnectionBudget;
  readonly holds: HoldBudget;
  /** The user's hooks, for players that wait. */
  readonly heldHooks: HeldHooks;
  /** Null: no port speaks TLS. */
  readonly certificate: Certificate | null;
  readonly logger: Logger;
}

/** Builds the RTMP port and, if configured, the RTMPS port. */
export function rtmpListeners(parts: RtmpParts): NamedListener[] {
  const { config, engine } = parts;
  const held = heldPlayers(parts);
  const options = portOptions(parts, 'rtmp', config.listen.rtmp);
  const context = sessions(parts, held, 'rtmp');
  // Set-up on the engine's threads uses several cores in a storm of clients.
  const listener = engine.setupThreads
    ? new RtmpPool(engine.setupThreads, options, context)
    : new RtmpListener(options, context);
  return [{ name: 'rtmp', transport: 'tcp', listener }, ...rtmpsListener(parts, held)];
}

/** TLS ends here: SRS has none for RTMP. */
function rtmpsListener(parts: RtmpParts, held: HeldPlayers): NamedListener[] {
  const { config, certificate } = parts;
  if (config.listen.rtmps === null || certificate === null) return [];
  const options = portOptions(parts, 'rtmps', config.listen.rtmps);
  const secure = (socket: Socket) => certificate.secure(socket);
  const kind = { name: 'listen.rtmps', secure };
  const listener = new RtmpListener(options, sessions(parts, held, 'rtmps'), kind);
  return [{ name: 'rtmps', transport: 'tcp', listener }];
}

function portOptions(
  { config, budget: limits }: RtmpParts,
  name: 'rtmp' | 'rtmps',
  address: Address,
): RtmpPortOptions {
  const { protocol, trusted } = config.proxies;
  return { address, limits, proxies: protocol.includes(name) ? trusted : null };
}

/** Builds the place where players of both ports wait for their publishers. */
function heldPlayers({ template, vhosts, routing, holds, heldHooks }: RtmpParts): HeldPlayers {
  const holdable = new Set(holdableVhosts(template, vhosts));
  return new HeldPlayers({
    knows: (stream) => holdable.has(nameOf(stream).vhost) && routing.knowsPublishers,
    whenPublishing: (stream, signal) => routing.whenPublishing(stream, signal),
    route: (stream, role) => routing.route(stream, role),
    hooks: heldHooks,
    budget: holds,
  });
}

function sessions(parts: RtmpParts, held: HeldPlayers, room: string): RtmpSessionContext {
  const { gate, turns, config, template, vhosts, routing, engine, aliases, logger } = parts;
  const { version } = parts.binary;
  const vhostSizes = sizesOf(template);
  return {
    held,
    aliases,
    join: (pair) => engine.join(pair),
    route: held.lead(keepSources((stream, role) => routing.route(stream, role))),
    gate,
    turns,
    vhosts,
    identifyMs: config.limits.identifySeconds * 1000,
    childAnswerMs: CHILD_ANSWER_MS,
    server: { signature: `SRS/${version}(Hang)`, version, pid: process.pid },
    ...(vhostSizes === undefined ? {} : { vhostSizes }),
    logger: logger.child({ room }),
  };
}

/** Returns the sizes that vhosts tell their clients; nothing if all are SRS's defaults. */
function sizesOf({ chunkSize, vhosts }: Template): Record<string, GreetingSizes> | undefined {
  const sizes = new Map([[DEFAULT_VHOST, { ...DEFAULT_SIZES, chunk: chunkSize }]]);
  for (const { name, outAckSize, chunkSize: own } of vhosts) {
    sizes.set(name, { windowAck: outAckSize, chunk: own ?? chunkSize });
  }
  const { windowAck, chunk } = DEFAULT_SIZES;
  const isDefault = (one: GreetingSizes) => one.windowAck === windowAck && one.chunk === chunk;
  return [...sizes.values()].every(isDefault) ? undefined : Object.fromEntries(sizes);
}

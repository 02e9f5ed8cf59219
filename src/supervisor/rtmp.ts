import type { Socket } from 'node:net';
import type { Template } from '../child/template.js';
import type { Address, Config } from '../config/config.js';
import type { RtmpPortOptions } from '../listener/rtmp/base-listener.js';
import { RtmpFanout } from '../listener/rtmp/fanout.js';
import { HeldPlayers } from '../listener/rtmp/held-players.js';
import { RtmpListener } from '../listener/rtmp/listener.js';
import { RtmpPool } from '../listener/rtmp/pool.js';
import type { RtmpSessionContext } from '../listener/rtmp/session.js';
import { CHILD_ANSWER_MS } from '../listener/rtmp/talk.js';
import { keepSources } from '../listener/source-keeper.js';
import { DEFAULT_SIZES, type GreetingSizes } from '../protocol/rtmp/greeting.js';
import type { SetupThreads } from '../relay/client-setup.js';
import { DEFAULT_VHOST, nameOf } from '../stream-key.js';
import type { NamedListener } from './listeners.js';
import type { Routing } from './routing.js';
import type { StreamPortParts } from './stream-parts.js';

export interface RtmpParts extends StreamPortParts {
  readonly config: Pick<Config, 'listen' | 'proxies' | 'limits' | 'cluster'>;
  readonly routing: Pick<Routing, 'route' | 'whenPublishing' | 'knowsPublishers'>;
}

/** Parts that both ports share: clients of one stream wait together, and have one feed. */
interface Shared {
  readonly held: HeldPlayers;
  readonly fanout: RtmpFanout | null;
}

/** Builds the RTMP port and, if configured, the RTMPS port. */
export function rtmpListeners(parts: RtmpParts): NamedListener[] {
  const { config, engine } = parts;
  const fanout = parts.fanout && new RtmpFanout(parts.fanout);
  const shared = { held: heldPlayers(parts), fanout };
  const options = portOptions(parts, 'rtmp', config.listen.rtmp);
  const context = sessions(parts, shared, 'rtmp');
  // Set-up on the engine's threads uses several cores in a storm of clients.
  const listener = engine.setupThreads
    ? pool(engine.setupThreads, options, context, parts)
    : new RtmpListener(options, context);
  return [{ name: 'rtmp', transport: 'tcp', listener }, ...rtmpsListener(parts, shared)];
}

/** Sessions on this thread read the rules where they are; threads are told. */
function pool(
  threads: SetupThreads,
  options: RtmpPortOptions,
  context: RtmpSessionContext,
  { renewals, served }: Pick<RtmpParts, 'renewals' | 'served'>,
): RtmpPool {
  const listener = new RtmpPool(threads, options, context);
  const tell = () => listener.tellRules();
  renewals.on(['limits.identifySeconds'], tell);
  served.on('vhosts', tell);
  return listener;
}

/** TLS ends here: SRS has none for RTMP. */
function rtmpsListener(parts: RtmpParts, shared: Shared): NamedListener[] {
  const { config, certificate } = parts;
  if (config.listen.rtmps === null || certificate === null) return [];
  const options = portOptions(parts, 'rtmps', config.listen.rtmps);
  const secure = (socket: Socket) => certificate.secure(socket);
  const kind = { name: 'listen.rtmps', secure };
  const listener = new RtmpListener(options, sessions(parts, shared, 'rtmps'), kind);
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
function heldPlayers({ served, routing, holds, heldHooks }: RtmpParts): HeldPlayers {
  return new HeldPlayers({
    knows: (stream) => served.isHoldable(nameOf(stream).vhost) && routing.knowsPublishers,
    whenPublishing: (stream, signal) => routing.whenPublishing(stream, signal),
    route: (stream, role) => routing.route(stream, role),
    hooks: heldHooks,
    budget: holds,
  });
}

function sessions(parts: RtmpParts, { held, fanout }: Shared, room: string): RtmpSessionContext {
  const { gate, turns, current, template, served, routing, engine, aliases, logger } = parts;
  const { version } = parts.binary;
  const vhostSizes = sizesOf(template);
  return {
    held,
    fanout,
    aliases,
    join: (pair) => engine.join(pair),
    route: held.lead(keepSources((...wanted) => routing.route(...wanted))),
    gate,
    turns,
    get vhosts() {
      return served.vhosts;
    },
    get identifyMs() {
      return 1000 * current.config.limits.identifySeconds;
    },
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

import type { Socket } from 'node:net';
import { holdableVhosts } from '../child/holdable.js';
import { HeldPlayers } from '../listener/rtmp/held-players.js';
import { RtmpListener } from '../listener/rtmp/listener.js';
import { RtmpPool } from '../listener/rtmp/pool.js';
import type { RtmpSessionContext } from '../listener/rtmp/session.js';
import { CHILD_ANSWER_MS } from '../listener/rtmp/talk.js';
import { keepSources } from '../listener/source-keeper.js';
import { nameOf } from '../stream-key.js';
import { VERSION } from '../version.js';
import type { ListenerParts } from './listener-parts.js';
import type { NamedListener } from './listeners.js';

/** The RTMP port, and its twin under TLS where there is one. */
export function rtmpListeners(box: ListenerParts): NamedListener[] {
  const { listen, proxies } = box.prepared.config;
  const held = heldPlayers(box);
  const options = {
    address: listen.rtmp,
    limits: box.budget,
    proxies: proxies.protocol.includes('rtmp') ? proxies.trusted : null,
  };
  const context = sessions(box, held, 'rtmp');
  // On the engine's own threads, so that a storm of clients is not bound to one core.
  const { setupThreads } = box.engine;
  const listener = setupThreads
    ? new RtmpPool(setupThreads, options, context)
    : new RtmpListener(options, context);
  return [{ name: 'rtmp', transport: 'tcp', listener }, ...rtmpsListener(box, held)];
}

/** TLS is ours: SRS has none for RTMP, and children are private. */
function rtmpsListener(box: ListenerParts, held: HeldPlayers): NamedListener[] {
  const { prepared, budget, certificate } = box;
  const { listen, proxies } = prepared.config;
  if (listen.rtmps === null || certificate === null) return [];
  const options = {
    address: listen.rtmps,
    limits: budget,
    proxies: proxies.protocol.includes('rtmps') ? proxies.trusted : null,
  };
  const secure = (socket: Socket) => certificate.secure(socket);
  const kind = { name: 'listen.rtmps', secure };
  const listener = new RtmpListener(options, sessions(box, held, 'rtmps'), kind);
  return [{ name: 'rtmps', transport: 'tcp', listener }];
}

/** Where players wait, of this port and its twin. */
function heldPlayers({ prepared, routing, holds, heldHooks }: ListenerParts): HeldPlayers {
  const holdable = new Set(holdableVhosts(prepared.template, prepared.vhosts));
  return new HeldPlayers({
    knows: (stream) => holdable.has(nameOf(stream).vhost) && routing.knowsPublishers,
    whenPublishing: (stream, signal) => routing.whenPublishing(stream, signal),
    route: (stream, role) => routing.route(stream, role),
    hooks: heldHooks,
    budget: holds,
  });
}

function sessions(
  { prepared, routing, engine, aliases, logger }: ListenerParts,
  held: HeldPlayers,
  room: string,
): RtmpSessionContext {
  return {
    held,
    aliases,
    join: (pair) => engine.join(pair),
    route: held.lead(keepSources((stream, role) => routing.route(stream, role))),
    vhosts: prepared.vhosts,
    identifyMs: prepared.config.limits.identifySeconds * 1000,
    childAnswerMs: CHILD_ANSWER_MS,
    server: { name: 'srs-supervisor', version: VERSION, pid: process.pid },
    logger: logger.child({ room }),
  };
}

import { holdableVhosts } from '../child/holdable.js';
import { TrustedProxies } from '../listener/client-address.js';
import { HeldPlayers } from '../listener/rtmp/held-players.js';
import { RtmpListener } from '../listener/rtmp/listener.js';
import { makeRtmpListener } from '../listener/rtmp/listener-maker.js';
import { keepSources } from '../listener/source-keeper.js';
import { nameOf } from '../stream-key.js';
import { VERSION } from '../version.js';
import type { ListenerParts } from './listener-parts.js';
import type { NamedListener } from './listeners.js';

/** The RTMP port, and its twin under TLS where there is one. */
export function rtmpListeners(box: ListenerParts): NamedListener[] {
  const { prepared, engine, aliases, budget } = box;
  const { listen, proxies } = prepared.config;
  const held = heldPlayers(box);
  const listener = makeRtmpListener(engine, aliases, {
    ...sessions(box, held, 'rtmp'),
    address: listen.rtmp,
    limits: budget,
    proxies: proxies.protocol.includes('rtmp') ? proxies.trusted : null,
  });
  return [{ name: 'rtmp', transport: 'tcp', listener }, ...rtmpsListener(box, held)];
}

/** TLS is ours: SRS has none for RTMP, and children are private. */
function rtmpsListener(box: ListenerParts, held: HeldPlayers): NamedListener[] {
  const { prepared, engine, aliases, budget, certificate } = box;
  const { listen, proxies } = prepared.config;
  if (listen.rtmps === null || certificate === null) return [];
  const listener = new RtmpListener(listen.rtmps, budget, {
    ...sessions(box, held, 'rtmps'),
    name: 'listen.rtmps',
    aliases,
    join: (pair) => engine.join(pair),
    proxies: proxies.protocol.includes('rtmps') ? new TrustedProxies(proxies.trusted) : null,
    secure: (socket) => certificate.secure(socket),
  });
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

function sessions({ prepared, routing, logger }: ListenerParts, held: HeldPlayers, room: string) {
  return {
    held,
    route: held.lead(keepSources((stream, role) => routing.route(stream, role))),
    vhosts: prepared.vhosts,
    identifyMs: prepared.config.limits.identifySeconds * 1000,
    server: { name: 'srs-supervisor', version: VERSION, pid: process.pid },
    logger: logger.child({ room }),
  };
}

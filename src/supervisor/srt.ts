import type { ChildStatus } from '../child/types.js';
import type { Config } from '../config/config.js';
import { askedBoxes } from '../listener/peer/ask-boxes.js';
import { acrossBoxes } from '../listener/srt/elsewhere.js';
import { SrtListener } from '../listener/srt/listener.js';
import type { DefaultStreamId } from '../protocol/srt/stream-id.js';
import { openUdpRelay } from '../relay/engine.js';
import type { UdpEndpoint } from '../relay/udp.js';
import type { ListenerParts } from './listener-parts.js';
import type { NamedListener } from './listeners.js';
import { udpThreads } from './udp-threads.js';

/** What SRS takes for the app of a stream id that names none, unless its config says otherwise. */
const DEFAULT_APP = 'live';

/** The SRT port; null where it is off, or where children speak no SRT. */
export function srtListener(
  box: ListenerParts,
  children: () => readonly ChildStatus[],
): (NamedListener & { readonly listener: SrtListener }) | null {
  const { prepared, engine, routing, boxes, aliases, budget } = box;
  const { config, binary } = prepared;
  const { secret } = config.cluster;
  const logger = box.logger.child({ room: 'srt' });
  if (config.listen.srt === null) return null;
  if (binary.kind === 'mini-srs') {
    logger.warn('listen.srt: not opened, for mini-srs speaks no SRT; a real SRS does (srs.binary)');
    return null;
  }
  const threads = udpThreads(box, logger);
  const { vhosts, srtDefaultApp } = prepared.template;
  const listener = new SrtListener({
    address: config.listen.srt,
    limits: budget,
    route: (stream, role) => routing.route(stream, role),
    isBox: (ip) => routing.isBox(ip),
    ...(boxes !== null &&
      secret !== null &&
      acrossBoxes(boxes, secret, askedBoxes(boxes, secret, logger))),
    aliases,
    vhosts: vhosts.length > 0 ? vhosts.map(({ name }) => name) : prepared.vhosts,
    defaultApp: srtDefaultApp ?? DEFAULT_APP,
    defaultStreamId: defaultStreamId(config.srt),
    openRelay: (options) => openUdpRelay(engine.name, options, threads),
    someChild: () => firstReady(children()),
    logger,
  });
  return { name: 'srt', transport: 'udp', listener };
}

function defaultStreamId({ defaultStreamId, defaultMode }: Config['srt']): DefaultStreamId | null {
  return defaultMode === 'refuse' ? null : { path: defaultStreamId, role: defaultMode };
}

function firstReady(children: readonly ChildStatus[]): UdpEndpoint | null {
  const ready = children.filter(({ state, ports }) => state === 'ready' && ports.srt !== 0);
  const child = ready.find(({ answering }) => answering) ?? ready[0];
  return child ? { ip: child.host ?? '127.0.0.1', port: child.ports.srt } : null;
}

import type { Binary } from '../child/binary.js';
import type { Template } from '../child/template.js';
import type { ChildStatus } from '../child/types.js';
import type { Config } from '../config/config.js';
import type { AliasBook } from '../listener/aliases.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { Gate } from '../listener/gate.js';
import type { KeptSrt } from '../listener/kept.js';
import { askedBoxes } from '../listener/peer/ask-boxes.js';
import type { SetupTurns } from '../listener/setup-turns.js';
import { acrossBoxes } from '../listener/srt/elsewhere.js';
import { SrtListener } from '../listener/srt/listener.js';
import type { Logger } from '../logging/logger.js';
import type { DefaultStreamId } from '../protocol/srt/stream-id.js';
import type { Boxes } from '../registry/redis/boxes.js';
import type { UdpEndpoint } from '../relay/udp.js';
import type { NamedListener } from './listeners.js';
import type { Renewals } from './renewals.js';
import type { Routing } from './routing.js';
import type { Served } from './served.js';
import { type UdpParts, udpThreads } from './udp-threads.js';

export interface SrtParts extends UdpParts {
  readonly gate: Gate;
  readonly turns: SetupTurns;
  readonly config: Pick<Config, 'listen' | 'cluster' | 'srt'>;
  readonly template: Template;
  readonly served: Pick<Served, 'vhosts'>;
  readonly binary: Pick<Binary, 'kind'>;
  readonly routing: Pick<Routing, 'route' | 'isBox'>;
  /** Returns all children. */
  readonly statuses: () => readonly ChildStatus[];
  /** The other boxes; null: there are none. */
  readonly boxes: Boxes | null;
  readonly renewals: Renewals;
  readonly aliases: AliasBook;
  /** The port of the program before this one; null: there was none. */
  readonly keptSrt: KeptSrt | null;
  readonly budget: ConnectionBudget;
  readonly logger: Logger;
}

/** SRS's app for a stream id without one, unless its config names another. */
const DEFAULT_APP = 'live';

/** Builds the SRT port; null if it is off or the children have no SRT. */
export function srtListener(
  parts: SrtParts,
): (NamedListener & { readonly listener: SrtListener }) | null {
  const { config, template, binary, engine, udpPorts, routing, boxes, aliases, budget } = parts;
  const { secret } = config.cluster;
  const logger = parts.logger.child({ room: 'srt' });
  if (config.listen.srt === null) return null;
  if (binary.kind === 'mini-srs') {
    logger.warn('listen.srt: not opened: mini-srs has no SRT; set srs.binary to a real SRS');
    return null;
  }
  const threads = udpThreads(parts, logger);
  const { vhosts, srtDefaultApp } = template;
  const listener = new SrtListener({
    address: config.listen.srt,
    limits: budget,
    route: (stream, role) => routing.route(stream, role),
    gate: parts.gate,
    turns: parts.turns,
    isBox: (ip) => routing.isBox(ip),
    ...(boxes !== null &&
      secret !== null &&
      acrossBoxes(boxes, secret, askedBoxes(boxes, secret, logger))),
    aliases,
    vhosts: () => (vhosts.length > 0 ? vhosts.map(({ name }) => name) : parts.served.vhosts),
    defaultApp: srtDefaultApp ?? DEFAULT_APP,
    defaultStreamId: defaultStreamId(config.srt),
    openRelay: (options) => udpPorts.open('listen.srt', options, { engine, threads }),
    ...(parts.keptSrt && { cookieSecret: parts.keptSrt.secret }),
    someChild: () => firstReady(parts.statuses()),
    logger,
  });
  parts.renewals.on(['srt.defaultStreamId', 'srt.defaultMode'], ({ srt }) =>
    listener.renew(defaultStreamId(srt)),
  );
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

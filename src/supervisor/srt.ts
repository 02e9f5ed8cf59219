import { createHash } from 'node:crypto';
import { vhostsOf } from '../child/template.js';
import type { ChildStatus } from '../child/types.js';
import { SrtListener } from '../listener/srt/listener.js';
import { openUdpRelay } from '../relay/engine.js';
import type { Endpoint } from '../relay/udp.js';
import { find } from '../srs-conf/parse.js';
import type { Box } from './box.js';
import type { NamedFront } from './fronts.js';
import { udpThreads } from './udp-threads.js';

/** What SRS takes for the app of a stream id that names none, unless its config says otherwise. */
const DEFAULT_APP = 'live';

/** The SRT port, where it is on and children speak SRT. */
export function srtFronts(box: Box, children: () => readonly ChildStatus[]): NamedFront[] {
  const { prepared, engine, routing, boxes, aliases, budget } = box;
  const { config, binary } = prepared;
  const { secret } = config.cluster;
  const logger = box.logger.child({ room: 'srt' });
  if (config.listen.srt === null) return [];
  if (binary.kind === 'mini-srs') {
    logger.warn('listen.srt: not opened, for mini-srs speaks no SRT; a real SRS does (srs.binary)');
    return [];
  }
  const threads = udpThreads(box, logger);
  const template = prepared.template ?? [];
  const vhosts = vhostsOf(template);
  const front = new SrtListener({
    address: config.listen.srt,
    limits: budget,
    route: (stream, role) => routing.route(stream, role),
    isBox: (ip) => routing.isBox(ip),
    ...(boxes !== null && secret !== null && { cookieSecret: cookieSecret(secret) }),
    aliases,
    vhosts: vhosts.length > 0 ? vhosts : prepared.vhosts,
    defaultApp: find(template, 'srt_server', 'default_app')?.args[0] || DEFAULT_APP,
    openRelay: (options) => openUdpRelay(engine.name, options, threads),
    someChild: () => firstReady(children()),
    logger,
  });
  return [{ name: 'srt', transport: 'udp', front }];
}

/** The same on every box: one may get the induction of a caller, and another its conclusion. */
function cookieSecret(secret: string): string {
  return createHash('sha256').update(`srt cookie ${secret}`).digest('hex');
}

function firstReady(children: readonly ChildStatus[]): Endpoint | null {
  const child = children.find(
    ({ state, answering, ports }) => state === 'ready' && answering && ports.srt !== 0,
  );
  return child ? { ip: child.host ?? '127.0.0.1', port: child.ports.srt } : null;
}

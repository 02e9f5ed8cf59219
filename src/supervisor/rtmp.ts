import { frontMaker } from '../listener/rtmp/front-maker.js';
import { VERSION } from '../version.js';
import type { Box } from './box.js';
import type { NamedFront } from './fronts.js';

/** The RTMP port. */
export async function rtmpFront({
  prepared,
  engine,
  routing,
  aliases,
  logger,
}: Box): Promise<NamedFront> {
  const { config, connections, vhosts } = prepared;
  const { connectionsPerIp, identifySeconds } = config.limits;
  const makeFront = await frontMaker(engine, aliases);
  const front = makeFront({
    address: config.listen.rtmp,
    limits: { connections, connectionsPerIp },
    route: (stream, role) => routing.route(stream, role),
    vhosts,
    identifyMs: identifySeconds * 1000,
    server: { name: 'srs-supervisor', version: VERSION, pid: process.pid },
    logger: logger.child({ room: 'rtmp' }),
  });
  return { name: 'rtmp', transport: 'tcp', front };
}

import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { FastifyRequest } from 'fastify';
import type { AdminPlugin } from '../admin/server.js';
import type { Prepared } from '../check/prepared.js';
import { apiAuthorization } from '../child/template.js';
import type { LoopClock } from '../clock/loop.js';
import { isLoopback, isWildcard } from '../config/address.js';
import type { Config } from '../config/config.js';
import { normalIp, TrustedProxies } from '../listener/client-address.js';
import { dial } from '../listener/dial.js';
import type { Logger } from '../logger.js';
import type { Placement } from '../placement/placement.js';
import type { Directive } from '../srs-conf/parse.js';
import { FixedOrigins } from '../unmanaged/fixed.js';
import { Origins } from '../unmanaged/origins.js';
import { isHeartbeat, registerRoutes } from '../unmanaged/routes.js';
import { Watch } from '../unmanaged/watch.js';

/** An origin that takes so long to accept is not asked for new streams. */
const REACH_MS = 1000;

export interface OriginsParts {
  readonly config: Pick<Config, 'origins'>;
  readonly loop: LoopClock;
  /** Our own RTMP port. */
  readonly rtmp: () => AddressInfo | null;
  readonly logger: Logger;
}

/** The origins that register with us: none yet. */
export function makeOrigins({ config, loop, rtmp, logger }: OriginsParts): Origins {
  return new Origins({
    ttlMs: config.origins.ttlSeconds * 1000,
    loop,
    reach,
    isOwn: (host, port) => isOwn(rtmp(), host, port),
    logger,
  });
}

async function reach(host: string, port: number): Promise<void> {
  const socket = await dial({ host, port, localAddress: null }, AbortSignal.timeout(REACH_MS));
  socket.on('error', () => {}).destroy();
}

/** Whether one of this machine's addresses, with the port that we have there. */
function isOwn(bound: AddressInfo | null, host: string, port: number): boolean {
  if (bound === null || bound.port !== port) return false;
  if (!isWildcard({ host: bound.address, port })) return bound.address === host;
  const cards = Object.values(networkInterfaces()).flat();
  return isLoopback({ host, port }) || cards.some((card) => card?.address === host);
}

/** Registers those that the configuration names. */
export function fixedOrigins(
  origins: Origins,
  { config, template }: Pick<Prepared, 'config' | 'template'>,
  logger: Logger,
): FixedOrigins {
  const authorization = apiAuthorization(template ?? []);
  return new FixedOrigins({ origins, fixed: config.origins.fixed, reach, authorization, logger });
}

/** Tells placement what is published in them. */
export function watchOrigins(
  origins: Origins,
  claims: Pick<Placement, 'published' | 'announce' | 'unpublished'>,
  { template, logger }: { template: readonly Directive[] | null; logger: Logger },
): Watch {
  return new Watch({ origins, claims, authorization: apiAuthorization(template ?? []), logger });
}

/** What the admin port has of them. */
export function originRoutes(
  origins: Origins,
  { from: networks }: Pick<Config['origins'], 'from'>,
): { plugin: AdminPlugin; isFree: (request: FastifyRequest) => boolean } {
  const from = new TrustedProxies(networks);
  const isFree = ({ method, url, socket }: FastifyRequest) =>
    isHeartbeat(method, url) && from.has(normalIp(socket.remoteAddress ?? '') ?? '');
  return { plugin: registerRoutes(origins), isFree };
}

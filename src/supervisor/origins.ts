import type { AddressInfo } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { AdminPlugin } from '../admin/server.js';
import type { LoopClock } from '../clock/loop.js';
import { isWildcard } from '../config/address.js';
import type { Config } from '../config/config.js';
import { authorizationOf } from '../config/credentials.js';
import type { Claims } from '../hooks/publishers.js';
import { TrustedProxies } from '../listener/client-address.js';
import type { Logger } from '../logging/logger.js';
import type { Placement } from '../placement/placement.js';
import { Admission } from '../unmanaged/admission.js';
import { FixedOrigins } from '../unmanaged/fixed.js';
import { lifeAt } from '../unmanaged/life.js';
import { Origins } from '../unmanaged/origins.js';
import { reachRtmp as reach } from '../unmanaged/reach.js';
import { isHeartbeat, registerRoutes } from '../unmanaged/routes.js';
import { isOurs } from '../unmanaged/sender.js';
import { Watch } from '../unmanaged/watch.js';
import type { Current, Renewals } from './renewals.js';

export interface OriginsParts {
  readonly current: Current;
  readonly loop: LoopClock;
  /** Returns the address of our RTMP port. */
  readonly rtmp: () => AddressInfo | null;
  readonly logger: Logger;
}

/** Builds the register of origins; it begins empty. */
export function makeOrigins({ current, loop, rtmp, logger }: OriginsParts): Origins {
  return new Origins({
    get ttlMs() {
      return current.config.origins.ttlSeconds * 1000;
    },
    get perAddress() {
      return current.config.origins.perAddress;
    },
    get reserved() {
      return current.config.origins.fixed.length;
    },
    loop,
    reach,
    lifeAt,
    isOwn: (host, port) => isOwn(rtmp(), host, port),
    logger,
  });
}

/** Returns whether host and port are those of our own RTMP port. */
function isOwn(bound: AddressInfo | null, host: string, port: number): boolean {
  if (bound === null || bound.port !== port) return false;
  if (!isWildcard({ host: bound.address, port })) return bound.address === host;
  return isOurs(host);
}

/** Registers the configured origins. */
export function fixedOrigins(
  origins: Origins,
  { current, renewals }: { readonly current: Current; readonly renewals: Renewals },
): FixedOrigins {
  const fixed = new FixedOrigins({
    ...{ origins, reach, lifeAt },
    fixed: () => current.config.origins.fixed,
    authorization: () => authorizationOf(current.config.origins.auth),
  });
  renewals.on(['origins.fixed'], () => fixed.renew());
  return fixed;
}

/** Tells placement what is published in origins. */
export function watchOrigins(
  origins: Origins,
  placement: Pick<Placement, 'adopt'>,
  { claims, logger }: { claims: Claims; logger: Logger },
): Watch {
  const adopt: Placement['adopt'] = (stream, owner) => placement.adopt(stream, owner);
  return new Watch({ origins, claims: { ...claims, adopt }, logger });
}

const ADMISSION_KEYS = [
  'origins.from',
  'origins.hosts',
  'origins.token',
  'origins.auth',
  'admin.token',
] as const;

/** Decides who may register, by the configuration. */
function admissionOf({
  origins: { from, hosts, token },
  admin,
}: Pick<Config, 'origins' | 'admin'>) {
  return new Admission({
    from: new TrustedProxies(from),
    hosts: new TrustedProxies(hosts),
    tokens: [token, admin.token].flatMap((one) => one ?? []),
  });
}

/** Returns the admin port's routes for origins. */
export function originRoutes(
  origins: Origins,
  { origins: keys, admin }: Pick<Config, 'origins' | 'admin'>,
  renewals: Renewals,
): { plugin: AdminPlugin; isFree: (request: FastifyRequest) => boolean } {
  const authorization = authorizationOf(keys.auth);
  const parts = { origins, admission: admissionOf({ origins: keys, admin }), authorization };
  renewals.on(ADMISSION_KEYS, (config) => {
    parts.admission = admissionOf(config);
    parts.authorization = authorizationOf(config.origins.auth);
  });
  return {
    plugin: registerRoutes(parts),
    isFree: ({ method, url }) => isHeartbeat(method, url),
  };
}

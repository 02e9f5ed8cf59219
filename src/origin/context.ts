import { isSecure } from '../srs-conf/security.js';
import type { Role } from '../stream-key.js';
import { Refusal } from './activity.js';
import type { Clients } from './clients.js';
import type { OriginConf } from './conf/conf.js';
import { MERGED_WRITE_MS } from './conf/vhost.js';
import type { HookSubject, Hooks } from './hooks.js';
import type { Identity } from './identity.js';
import type { Log } from './log.js';
import type { Source } from './media/source.js';
import { type Sources, sourceName } from './media/sources.js';
import type { Publication } from './service.js';

/** State shared by all sessions of one origin. */
export interface Context {
  readonly conf: OriginConf;
  readonly identity: Identity;
  readonly log: Log;
  readonly sources: Sources;
  readonly clients: Clients;
  readonly hooks: Hooks;
  /** Tells all services of a new publisher. */
  readonly published: (publication: Publication) => void;
}

/** Never used in practice: requests are resolved to configured vhosts. */
const DEFAULTS = { gopCache: true, flushMs: MERGED_WRITE_MS };

/** Acquires the client's source. Release it in `context.sources`. */
export function acquireSource({ conf, sources }: Context, { request }: HookSubject): Source {
  const { gopCache, flushMs } = conf.vhosts.get(request.vhost) ?? DEFAULTS;
  return sources.acquire(sourceName(request), { tcUrl: request.tcUrl, gopCache, flushMs });
}

/** Throws Refusal if `vhost.security` refuses the client. */
export function checkSecurity({ conf }: Context, { ip, request }: HookSubject, role: Role): void {
  const rules = conf.vhosts.get(request.vhost)?.security ?? null;
  if (!isSecure(rules, role, ip)) throw new Refusal(`security: ${ip} may not ${role}`);
}

/** Returns the vhosts to which a name may resolve. */
export function vhostNames({ conf }: Context): string[] {
  return [...conf.vhosts.values()].filter(({ enabled }) => enabled).map(({ name }) => name);
}

import type { Role } from '../stream-key.js';
import { isSecure } from './access.js';
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

/** What every session of one origin shares. */
export interface Context {
  readonly conf: OriginConf;
  readonly identity: Identity;
  readonly log: Log;
  readonly sources: Sources;
  readonly clients: Clients;
  readonly hooks: Hooks;
  /** Tells all services that somebody publishes. */
  readonly published: (publication: Publication) => void;
}

/** For a vhost that the config does not name; requests are resolved, so there is none. */
const DEFAULTS = { gopCache: true, flushMs: MERGED_WRITE_MS };

/** The source that a client asked for; give it back to `context.sources`. */
export function acquireSource({ conf, sources }: Context, { request }: HookSubject): Source {
  const { gopCache, flushMs } = conf.vhosts.get(request.vhost) ?? DEFAULTS;
  return sources.acquire(sourceName(request), { tcUrl: request.tcUrl, gopCache, flushMs });
}

/** Throws Refusal where `vhost.security` does not let the client in. */
export function checkSecurity({ conf }: Context, { ip, request }: HookSubject, role: Role): void {
  const rules = conf.vhosts.get(request.vhost)?.security ?? null;
  if (!isSecure(rules, role, ip)) throw new Refusal(`security: ${ip} may not ${role}`);
}

/** The vhosts that a name may resolve to. */
export function vhostNames({ conf }: Context): string[] {
  return [...conf.vhosts.values()].filter(({ enabled }) => enabled).map(({ name }) => name);
}

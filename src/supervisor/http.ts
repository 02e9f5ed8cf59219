import type { Binary } from '../child/binary.js';
import { liveMounts } from '../child/live-mounts.js';
import type { Template } from '../child/template.js';
import type { Config } from '../config/config.js';
import type { Folders } from '../files/folders.js';
import type { AcceptTurns } from '../listener/accept-turns.js';
import type { AliasBook } from '../listener/aliases.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { Certificate } from '../listener/certificate.js';
import { TrustedProxies } from '../listener/client-address.js';
import type { Gate } from '../listener/gate.js';
import type { HeldHooks } from '../listener/held-hooks.js';
import type { HoldBudget } from '../listener/hold-budget.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { HttpListener } from '../listener/http/listener.js';
import type { LiveOptions } from '../listener/http/live-relay.js';
import type { SetupTurns } from '../listener/setup-turns.js';
import type { Logger } from '../logging/logger.js';
import { liveMatcher } from '../protocol/http/live.js';
import type { RelayEngine } from '../relay/relay.js';
import type { NamedListener } from './listeners.js';
import type { Current } from './renewals.js';
import type { Routing } from './routing.js';

export interface HttpParts {
  readonly gate: Gate;
  readonly turns: SetupTurns;
  readonly config: Pick<Config, 'listen' | 'proxies' | 'limits' | 'http' | 'vhosts'>;
  readonly current: Current;
  readonly template: Template;
  readonly vhosts: readonly string[];
  /** The user's own files. */
  readonly folders: Folders | null;
  readonly binary: Pick<Binary, 'version'>;
  readonly engine: RelayEngine;
  readonly routing: Pick<Routing, 'route' | 'whenPublished'>;
  readonly aliases: AliasBook;
  readonly budget: ConnectionBudget;
  readonly acceptTurns: AcceptTurns;
  readonly holds: HoldBudget;
  /** The user's hooks, for players that wait. */
  readonly heldHooks: HeldHooks;
  /** Null: no port speaks TLS. */
  readonly certificate: Certificate | null;
  readonly logger: Logger;
}

/** Plugins of other rooms on the HTTP and the API port, and on their TLS ports. */
export interface HttpPlugins {
  readonly http: readonly HttpPlugin[];
  readonly api: readonly HttpPlugin[];
}

type HttpListenerName = 'http' | 'https' | 'api' | 'apiHttps';

/** Builds the configured HTTP and API ports. */
export function httpListeners(parts: HttpParts, plugins: HttpPlugins): NamedListener[] {
  const live = liveOptions(parts);
  const names: readonly HttpListenerName[] = ['http', 'https', 'api', 'apiHttps'];
  return names.flatMap((name) => {
    const isApi = name === 'api' || name === 'apiHttps';
    const listener = isApi
      ? httpListener(parts, name, plugins.api, null)
      : httpListener(parts, name, plugins.http, live);
    return listener === null ? [] : [{ name, transport: 'tcp' as const, listener }];
  });
}

function httpListener(
  { config, binary, budget, acceptTurns, certificate, logger }: HttpParts,
  name: HttpListenerName,
  plugins: readonly HttpPlugin[],
  live: LiveOptions | null,
): HttpListener | null {
  const { listen, proxies, limits } = config;
  const address = listen[name];
  if (address === null) return null;
  return new HttpListener({
    name: `listen.${name}`,
    address,
    tls: name === 'https' || name === 'apiHttps' ? certificate : null,
    trusted: new TrustedProxies(proxies.trusted),
    proxyProtocol: proxies.protocol.includes(name),
    limits: budget,
    acceptTurns,
    identifyMs: limits.identifySeconds * 1000,
    plugins,
    server: `SRS/${binary.version}(srs-supervisor)`,
    live,
    logger: logger.child({ room: name }),
  });
}

function liveOptions(parts: HttpParts): LiveOptions {
  const { config, template, vhosts, folders, binary, current } = parts;
  const { engine, routing, aliases, holds, heldHooks, logger } = parts;
  return {
    match: liveMatcher(liveMounts(template, config.vhosts), vhosts),
    whenPublished: (stream, signal) => routing.whenPublished(stream, signal),
    ...(folders === null ? {} : { isFile: (request) => folders.has(request) }),
    route: (stream, role) => routing.route(stream, role),
    gate: parts.gate,
    turns: parts.turns,
    engine,
    aliases,
    get waitMs() {
      return 1000 * current.config.http.waitSeconds;
    },
    holds,
    hooks: heldHooks,
    get childAnswerMs() {
      const { http, hooks } = current.config;
      return 1000 * (http.waitSeconds + hooks.timeoutSeconds);
    },
    server: `SRS/${binary.version}(Hang)`,
    logger: logger.child({ room: 'http' }),
  };
}

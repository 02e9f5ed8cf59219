import type { Config } from '../config/config.js';
import type { Folders } from '../files/folders.js';
import type { AcceptTurns } from '../listener/accept-turns.js';
import { TrustedProxies } from '../listener/client-address.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { FlvFanout } from '../listener/http/flv-fanout.js';
import { HttpListener } from '../listener/http/listener.js';
import type { LiveOptions } from '../listener/http/live-relay.js';
import type { NamedListener } from './listeners.js';
import type { Routing } from './routing.js';
import type { StreamPortParts } from './stream-parts.js';

export interface HttpParts extends StreamPortParts {
  readonly acceptTurns: AcceptTurns;
  readonly config: Pick<Config, 'listen' | 'proxies' | 'limits' | 'http'>;
  /** The user's own files. */
  readonly folders: Folders | null;
  readonly routing: Pick<Routing, 'route' | 'whenPublished'>;
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
  const { renewals } = parts;
  const names: readonly HttpListenerName[] = ['http', 'https', 'api', 'apiHttps'];
  return names.flatMap((name) => {
    const isApi = name === 'api' || name === 'apiHttps';
    const listener = isApi
      ? httpListener(parts, name, plugins.api, null)
      : httpListener(parts, name, plugins.http, live);
    if (listener === null) return [];
    renewals.on(['limits.identifySeconds'], ({ limits }) =>
      listener.renew(1000 * limits.identifySeconds),
    );
    return [{ name, transport: 'tcp' as const, listener }];
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
  const { served, folders, binary, current } = parts;
  const { engine, routing, aliases, holds, heldHooks, logger } = parts;
  const server = `SRS/${binary.version}(Hang)`;
  const fanout = parts.fanout && new FlvFanout({ fanout: parts.fanout, server });
  return {
    match: (target, host) => served.match(target, host),
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
    fanout,
    get childAnswerMs() {
      const { http, hooks } = current.config;
      return 1000 * (http.waitSeconds + hooks.timeoutSeconds);
    },
    server,
    logger: logger.child({ room: 'http' }),
  };
}

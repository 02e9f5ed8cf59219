import { liveMounts } from '../child/live-mounts.js';
import { TrustedProxies } from '../listener/client-address.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { HttpListener } from '../listener/http/listener.js';
import type { LiveOptions } from '../listener/http/live-relay.js';
import { liveMatcher } from '../protocol/http/live.js';
import type { ListenerParts } from './listener-parts.js';
import type { NamedListener } from './listeners.js';

/** What other rooms serve on the HTTP port and on the API port, and on their twins under TLS. */
export interface HttpPlugins {
  readonly http: readonly HttpPlugin[];
  readonly api: readonly HttpPlugin[];
}

type HttpListenerName = 'http' | 'https' | 'api' | 'apiHttps';

/** The HTTP and API ports that the configuration opens. */
export function httpListeners(box: ListenerParts, plugins: HttpPlugins): NamedListener[] {
  const live = liveOptions(box);
  const names: readonly HttpListenerName[] = ['http', 'https', 'api', 'apiHttps'];
  return names.flatMap((name) => {
    const isApi = name === 'api' || name === 'apiHttps';
    const listener = isApi
      ? httpListener(box, name, plugins.api, null)
      : httpListener(box, name, plugins.http, live);
    return listener === null ? [] : [{ name, transport: 'tcp' as const, listener }];
  });
}

function httpListener(
  { prepared, budget, certificate, logger }: ListenerParts,
  name: HttpListenerName,
  plugins: readonly HttpPlugin[],
  live: LiveOptions | null,
): HttpListener | null {
  const { listen, proxies, limits } = prepared.config;
  const address = listen[name];
  if (address === null) return null;
  return new HttpListener({
    name: `listen.${name}`,
    address,
    tls: name === 'https' || name === 'apiHttps' ? certificate : null,
    trusted: new TrustedProxies(proxies.trusted),
    proxyProtocol: proxies.protocol.includes(name),
    limits: budget,
    identifyMs: limits.identifySeconds * 1000,
    plugins,
    live,
    logger: logger.child({ room: name }),
  });
}

function liveOptions(box: ListenerParts): LiveOptions {
  const { prepared, engine, routing, aliases, holds, heldHooks, logger } = box;
  const { binary, config, vhosts } = prepared;
  return {
    match: liveMatcher(liveMounts(prepared.template, config.vhosts), vhosts),
    whenPublished: (stream, signal) => routing.whenPublished(stream, signal),
    route: (stream, role) => routing.route(stream, role),
    engine,
    aliases,
    waitMs: config.http.waitSeconds * 1000,
    holds,
    hooks: heldHooks,
    childAnswerMs: 1000 * (config.http.waitSeconds + config.hooks.timeoutSeconds),
    server: `SRS/${binary.version}(Hang)`,
    logger: logger.child({ room: 'http' }),
  };
}

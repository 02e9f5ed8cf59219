/** What a page's address asks for, in the words of SRS's own players. */
export interface Ask {
  readonly app: string;
  /** Without `.flv` or `.m3u8`. */
  readonly stream: string;
  /** Null: what goes by the host. */
  readonly vhost: string | null;
  /** Null: as the page itself came. */
  readonly schema: string | null;
  readonly server: string | null;
  readonly port: string | null;
  /** The API's port, where it is another one for clients than for the server. */
  readonly api: string | null;
  readonly autostart: boolean;
  /** What else there is, such as a token: goes with every request. */
  readonly extra: readonly (readonly [string, string])[];
}

/** What the server is made of. Where the API is, and RTMP; null: nowhere. */
export interface Ports {
  /** `mini-srs` passes WebRTC on to WebRTC only. */
  readonly origin?: 'srs' | 'mini-srs' | 'none';
  readonly rtmp: number | null;
  readonly api: number | null;
  readonly apiHttps: number | null;
  readonly rtc: boolean;
  /** Seconds of an HLS segment; null: a template says it. */
  readonly hlsSeconds?: number | null;
}

const DEFAULT = { app: 'live', stream: 'demo' };
/** Words of SRS's players that are for pages and for no server. */
const OURS = new Set(
  'app stream vhost schema server port api autostart buffer dir filename host hostname http_port pathname path'.split(
    ' ',
  ),
);

export function parseAsk(search: string): Ask {
  const query = new URLSearchParams(search);
  const get = (name: string) => query.get(name) || null;
  return {
    app: get('app') ?? DEFAULT.app,
    stream: (get('stream') ?? DEFAULT.stream).replace(/\.(flv|m3u8)$/, ''),
    vhost: get('vhost'),
    schema: get('schema'),
    server: get('server'),
    port: get('port'),
    api: get('api'),
    autostart: get('autostart') === 'true',
    extra: [...query].filter(([name]) => !OURS.has(name)),
  };
}

/** `live/demo` as people write it, with what else was asked for. Null: no stream is named. */
export function withStream(ask: Ask, text: string): Ask | null {
  const parts = text.split('/').map((part) => part.trim());
  const named = parts.filter((part) => part !== '');
  const stream = named.pop();
  if (stream === undefined) return null;
  return { ...ask, app: named.join('/') || DEFAULT.app, stream };
}

/** The query that `parseAsk` reads back. */
export function printAsk(ask: Ask): string {
  const { app, stream, vhost, schema, server, port, api, autostart } = ask;
  const query = new URLSearchParams({ app, stream });
  for (const [name, value] of Object.entries({ vhost, schema, server, port, api })) {
    if (value !== null) query.set(name, value);
  }
  if (autostart) query.set('autostart', 'true');
  for (const [name, value] of ask.extra) query.append(name, value);
  return `?${query}`;
}

/** @throws Error where the address names another server than the page's. */
export function mediaUrl(ask: Ask, here: URL, suffix: string): string {
  const url = serverUrl(ask, here);
  if (ask.port !== null) url.port = ask.port;
  const names = [...ask.app.split('/'), ask.stream + suffix];
  url.pathname = names.map(encodeURIComponent).join('/');
  addParameters(url, ask);
  return url.href;
}

/** The address for offers. @throws Error where the page can reach none. */
export function rtcUrl(ask: Ask, here: URL, ports: Ports, kind: 'whip' | 'whep'): string {
  if (!ports.rtc) throw new Error('this server has WebRTC switched off (listen.rtc)');
  const url = new URL(apiUrl(ask, here, ports, `/rtc/v1/${kind}/`));
  url.searchParams.set('app', ask.app);
  url.searchParams.set('stream', ask.stream);
  addParameters(url, ask);
  return url.href;
}

/** An address of the API. @throws Error where the page can reach none. */
export function apiUrl(ask: Ask, here: URL, ports: Ports, path: string): string {
  const url = serverUrl(ask, here);
  const isSecure = url.protocol === 'https:';
  const port = ask.api ?? (isSecure ? ports.apiHttps : ports.api);
  if (port === null) {
    const key = isSecure ? 'listen.apiHttps' : 'listen.api';
    const kind = isSecure ? 'HTTPS' : 'HTTP';
    throw new Error(`this page came by ${kind}, and the server has no API port for it (${key})`);
  }
  url.port = String(port);
  return new URL(path, url).href;
}

function serverUrl({ schema, server }: Ask, here: URL): URL {
  const url = new URL(here.origin);
  if (server !== null && server !== here.hostname) {
    throw new Error(`this page plays from ${here.hostname} only: open the page of ${server}`);
  }
  if (schema === 'http' || schema === 'https') url.protocol = schema;
  return url;
}

function addParameters(url: URL, { vhost, extra }: Ask): void {
  if (vhost !== null) url.searchParams.set('vhost', vhost);
  for (const [name, value] of extra) url.searchParams.append(name, value);
}

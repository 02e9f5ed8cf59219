import { DEFAULT_VHOST } from '../../stream-key.js';
import { parseQuery } from '../query.js';
import { invalid, type Parsed, value } from '../result.js';

/** A client's tcUrl and stream name, resolved as SRS resolves them. */
export interface StreamUrl {
  /** Host of the tcUrl, IPv6 without brackets. */
  readonly host: string;
  readonly app: string;
  readonly stream: string;
  /** The requested vhost, configured or not: see `resolveVhost`. */
  readonly vhost: string;
  /** Parameters behind the stream name, with `?`, or ''. SRS repeats the tcUrl's query here. */
  readonly param: string;
}

/** Most characters of a tcUrl, or of a name with parameters: tokens have some KB. */
const MAX_LENGTH = 16 * 1024;
/** Most characters of an app or stream without parameters: both are map keys and parts of paths. */
const MAX_NAME = 2048;
const DEFAULT_APP = '__defaultApp__';

/** The URL grammar of SRS's parser: printable ASCII only, authority and path required. */
const URL_PARTS =
  /^[a-z]+:\/\/([\w.!~*'()%;:&=+$,@[\]-]+)(\/[!-"$->@-~]*)(?:\?([!-"$-~]*))?(?:#([!-~]*))?$/i;
const AUTHORITY = /^(?:[^@[\]]*@)?(?:\[([\da-f:.]+(?:%[\w.~%-]+)?)\]|([a-z\d.-]+))(?::(\d+))?$/i;
const CONTROL = /\p{Cc}/u;

/**
 * Finds vhost, app and stream of a `publish` or `play` by SRS's rules, odd ones included: a key
 * that differs from SRS's would send a player to the wrong child. Pass both texts as received.
 */
export function parseStreamUrl(tcUrl: string, stream: string): Parsed<StreamUrl> {
  if (tcUrl.length > MAX_LENGTH) return invalid(`tcUrl of ${tcUrl.length} characters`);
  if (stream.length > MAX_LENGTH) return invalid(`stream name of ${stream.length} characters`);
  if (CONTROL.test(tcUrl + stream)) return invalid('control character in tcUrl or stream name');
  const connected = locate(tcUrl, '', '');
  if (!connected) return invalid('tcUrl is no URL');
  // SRS parses twice, at `connect` and at `publish` or `play`; if the name fails it keeps the first
  // result.
  const asked = locate(tcUrl, stream, connected.param) ?? { ...connected, stream };
  const found = strip(
    guessStream({ ...asked, vhost: asked.vhost || connected.vhost || asked.host }),
  );
  const longest = Math.max(found.app.length, found.stream.length);
  if (longest > MAX_NAME) return invalid(`app or stream of ${longest} characters`);
  if (found.stream === '') return invalid('no stream name');
  if (found.app === '' || found.vhost === '') return invalid('no app or vhost in tcUrl');
  return value(found, stream.length);
}

/** Parses one whole URL; null if SRS could not. Its vhost is '' unless the query names one. */
function locate(tcUrl: string, stream: string, param: string): StreamUrl | null {
  const parts = URL_PARTS.exec(standardUrl(tcUrl, stream, param));
  if (!parts) return null;
  const [, authority = '', path = '', query = '', afterMark = ''] = parts;
  const fragment = withoutFirst('#', afterMark);
  const host = hostOf(authority);
  if (host === null) return null;
  const slash = path.lastIndexOf('/');
  const vhost = queryVhost(query);
  const rest = (query && `?${query}`) + (fragment && `#${fragment}`);
  return {
    host,
    app: path.slice(1, Math.max(slash, 1)) || DEFAULT_APP,
    stream: path === '/' ? path : path.slice(slash + 1),
    vhost: vhost === DEFAULT_VHOST ? '' : vhost,
    param: vhost === DEFAULT_VHOST && !rest.includes('&') ? '' : rest,
  };
}

/** Joins both texts to `schema://host/app/stream?query`, from the forms of FMLE and old SRS. */
function standardUrl(tcUrl: string, stream: string, param: string): string {
  const base = tcUrl.replaceAll('...vhost...', '?vhost=');
  const full = base + lead('/', stream) + (param && lead('?', param));
  const query = full.search(/[?#]/);
  const slash = full.lastIndexOf('/');
  // A query inside the tcUrl moves behind the stream.
  const moved =
    query >= 0 && query < slash
      ? full.slice(0, query) + full.slice(slash) + full.slice(query, slash)
      : full;
  return moved.replaceAll('/_definst_', '');
}

function lead(mark: string, text: string): string {
  return text.startsWith(mark) ? text : mark + text;
}

function hostOf(authority: string): string | null {
  // SRS accepts this name although host names have no underscores.
  if (authority.startsWith(DEFAULT_VHOST)) return DEFAULT_VHOST;
  const [, ipv6, name, port] = AUTHORITY.exec(authority) ?? [];
  if (Number(port ?? 0) > 0xffff) return null;
  return ipv6 ?? name ?? null;
}

export function queryVhost(query: string): string {
  const values = parseQuery(query);
  return values.get('vhost') || values.get('domain') || '';
}

/** Fills an empty stream from the tail of the app (OBS without a stream key), or of the query. */
function guessStream(url: StreamUrl): StreamUrl {
  if (url.stream !== '') return url;
  const { app, param } = url;
  const inApp = app.indexOf('/');
  if (inApp >= 0) return { ...url, app: app.slice(0, inApp), stream: app.slice(inApp + 1) };
  const inParam = param.indexOf('/');
  if (inParam < 0) return url;
  return { ...url, param: param.slice(0, inParam), stream: param.slice(inParam + 1) };
}

function strip(url: StreamUrl): StreamUrl {
  const plain = (text: string) => withoutLast('/', withoutFirst('/', text.replaceAll(' ', '')));
  const vhost = url.vhost.replace(/[/ ]/g, '');
  return { ...url, app: plain(url.app), stream: plain(url.stream), vhost };
}

/** Removes all leading marks. */
function withoutFirst(mark: string, text: string): string {
  let at = 0;
  while (text[at] === mark) at += 1;
  return text.slice(at);
}

/** Removes all trailing marks. A loop, because a pattern would take quadratic time. */
function withoutLast(mark: string, text: string): string {
  let end = text.length;
  while (text[end - 1] === mark) end -= 1;
  return text.slice(0, end);
}

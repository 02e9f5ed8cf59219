import { type Role, resolveVhost, type StreamName } from '../../stream-key.js';
import { hostName } from '../http/target.js';
import { invalid, type Parsed, value } from '../result.js';
import { parseStreamUrl } from '../rtmp/stream-url.js';

/** The stream and role of a signalling request. */
export interface RtcRequest extends StreamName {
  readonly role: Role;
}

export interface RtcTarget {
  /** The query as `parseQuery` reads it. */
  readonly query: ReadonlyMap<string, string>;
  /** The Host header. */
  readonly host: string;
  readonly vhosts: readonly string[];
}

const MAX_NAME = 512;
const CONTROL = /\p{Cc}/u;

/** Parses the query of `/rtc/v1/whip/?…` and the like, with SRS's defaults. */
export function parseWhipRequest(
  { query, host, vhosts }: RtcTarget,
  role: Role,
): Parsed<RtcRequest> {
  const word = (name: string) => query.get(name) ?? '';
  const vhost = resolveVhost(word('vhost') || word('domain') || hostName(host), vhosts);
  const request = {
    role: word('action') === 'play' ? 'play' : role,
    ...{ vhost, app: word('app') || 'live', stream: word('stream') || 'livestream' },
  } as const;
  const names = request.app + request.stream;
  if (names.length > MAX_NAME || CONTROL.test(names)) return invalid('app or stream is no name');
  return value(request, names.length);
}

/** Parses the `streamurl` of SRS's older JSON API: `webrtc://host/app/stream?…`. */
export function parseStreamurl(
  streamurl: string,
  { vhosts }: Pick<RtcTarget, 'vhosts'>,
  role: Role,
): Parsed<RtcRequest> {
  // SRS splits at the last slash, even one inside a query.
  const slash = streamurl.lastIndexOf('/');
  const parsed = parseStreamUrl(streamurl.slice(0, slash), streamurl.slice(slash + 1));
  if (parsed.kind !== 'value') return invalid('streamurl is no webrtc:// URL');
  const { vhost, app, stream } = parsed.value;
  return value({ role, vhost: resolveVhost(vhost, vhosts), app, stream }, streamurl.length);
}

/**
 * Builds the parameters that we prepend to a client's query for the child. They come first because
 * a name without `=` would shift all that follow it.
 */
export function ownQuery(ours: {
  readonly eip: string | null;
  readonly ufrag: string | null;
  /** Secret by which hooks are matched to a bearer token: 24 hexadecimal digits. */
  readonly bearerKey: string | null;
}): string {
  const key = ours.bearerKey === null ? '' : `bearer-key=${ours.bearerKey}&`;
  const eip = ours.eip === null ? '' : `eip=${ours.eip}&`;
  return key + (ours.ufrag === null ? eip : `${eip}ice-ufrag=${ours.ufrag}&`);
}

/** Returns the key of a bearer token in a hook's `param`; null if it begins with none. */
export function bearerKeyOf(param: string): string | null {
  return /^\??bearer-key=([\da-f]{24})&/.exec(param)?.[1] ?? null;
}

/** Removes what `ownQuery` prepended from a query or a hook's `param`. */
export function withoutOwnQuery(param: string): string {
  const plain = param.replace(/^(\??)(?:bearer-key=[\da-f]{24}&)+/, '$1');
  return plain.replace(/^(\??)(?:eip=[^&]*&)?ice-ufrag=S[a-zA-Z\d+/]{22}&/, '$1');
}

import type { Role, StreamName } from '../../stream-key.js';
import { hostName } from '../http/target.js';
import { invalid, type Parsed, value } from '../result.js';
import { parseStreamUrl, resolveVhost } from '../rtmp/stream-url.js';

/** What a signalling request asks for. */
export interface RtcRequest extends StreamName {
  readonly role: Role;
}

export interface RtcTarget {
  /** As `parseQuery` reads it. */
  readonly query: ReadonlyMap<string, string>;
  /** The Host header. */
  readonly host: string;
  readonly vhosts: readonly string[];
}

const MAX_NAME = 512;
const CONTROL = /\p{Cc}/u;

/** What `/rtc/v1/whip/?…` and its like ask for, by SRS's defaults. */
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

/** What the `streamurl` of the older JSON asks for: `webrtc://host/app/stream?…`. */
export function parseStreamurl(
  streamurl: string,
  { vhosts }: Pick<RtcTarget, 'vhosts'>,
  role: Role,
): Parsed<RtcRequest> {
  // SRS splits at the last slash, even of a query.
  const slash = streamurl.lastIndexOf('/');
  const parsed = parseStreamUrl(streamurl.slice(0, slash), streamurl.slice(slash + 1));
  if (parsed.kind !== 'value') return invalid('streamurl is no webrtc:// URL');
  const { vhost, app, stream } = parsed.value;
  return value({ role, vhost: resolveVhost(vhost, vhosts), app, stream }, streamurl.length);
}

/**
 * What we put in front of a client's query for the child: in front, because a name without `=` would
 * shift what follows it.
 */
export function ownQuery(ours: {
  readonly eip: string | null;
  readonly ufrag: string | null;
}): string {
  const eip = ours.eip === null ? '' : `eip=${ours.eip}&`;
  return ours.ufrag === null ? eip : `${eip}ice-ufrag=${ours.ufrag}&`;
}

/** A query or hook `param` as the client sent it, without what `ownQuery` had put there. */
export function withoutOwnQuery(param: string): string {
  return param.replace(/^(\??)(?:eip=[^&]*&)?ice-ufrag=S[a-zA-Z\d+/]{22}&/, '$1');
}

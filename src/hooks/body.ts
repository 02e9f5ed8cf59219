import { withoutOwnQuery } from '../protocol/webrtc/request.js';
import { streamId } from '../public-ids.js';
import { type HookAction, isHookAction } from './actions.js';

/** The JSON of a call, as SRS sends it. All calls have `action`, `vhost`, `app` and `client_id`. */
export interface HookBody {
  readonly action: HookAction;
  readonly client_id: string;
  readonly ip: string;
  readonly vhost: string;
  readonly app: string;
  /** Missing in `on_close`; ends in `.m3u8` for HLS players. */
  readonly stream?: string;
  /** The stream's id in the child's API, if it has one. */
  readonly stream_id?: string;
  readonly [field: string]: unknown;
}

/** Facts that replace or complete those of the child. */
export interface HookTruth {
  readonly ip: string;
  readonly serverId: string;
  /** `service` of the box's API; undefined: the child's own stays. */
  readonly serviceId?: string | undefined;
  /** Null: no child knows the client yet. */
  readonly child: string | null;
  /** Bearer token of a WHIP or WHEP client; null: it sent none. */
  readonly token?: string | null;
  /** Set if users know the client by another id than its child does. */
  readonly clientId?: string;
}

const TEXTS = ['client_id', 'ip', 'vhost', 'app'] as const;
const OPTIONAL_TEXTS = ['stream', 'stream_id'] as const;

/** Parses the body of a child's hook; null if it is not one. */
export function parseHook(text: string): HookBody | null {
  const body = parseObject(text);
  if (body === null || !isHookAction(body.action)) return null;
  const isText = (name: string) => typeof body[name] === 'string';
  const complete = TEXTS.every(isText);
  const sound = OPTIONAL_TEXTS.every((name) => body[name] === undefined || isText(name));
  return complete && sound ? (body as HookBody) : null;
}

/**
 * Builds the call for the user: SRS's fields in SRS's order, then `child`. A client's bearer token
 * is `token`, and also in `param`, where clients of other protocols have theirs.
 */
export function rewriteHook(body: HookBody, truth: HookTruth): string {
  const { ip, serverId, child, clientId = body.client_id, token = null } = truth;
  const { serviceId = body.service_id } = truth;
  const { param } = body;
  // Removes the parameters that we added to the client's own.
  const plain = typeof param === 'string' ? withoutSession(withoutOwnQuery(param), body) : null;
  const own = plain === null ? {} : { param: withToken(plain, token) };
  const ids = { server_id: serverId, service_id: serviceId, client_id: clientId };
  return JSON.stringify({
    ...body,
    ...own,
    ...ids,
    ...streamOf(body),
    ip,
    child,
    ...(token && { token }),
  });
}

/** Removes the id of an HLS session, which is the client's: the viewer has not asked by it. */
function withoutSession(param: string, { client_id: id }: HookBody): string {
  const own = `hls_ctx=${id}`;
  if (param === `?${own}`) return '';
  return param.endsWith(`&${own}`) ? param.slice(0, -own.length - 1) : param;
}

/** A `token` of the client's own URL stays the only one. */
function withToken(param: string, token: string | null): string {
  if (token === null || /[?&]token=/.test(`&${param}`)) return param;
  return `${param}&token=${encodeURIComponent(token)}`;
}

/** The stream's id in the box's API, whose streams have other ids than their child's. */
function streamOf({ stream_id, stream_url }: HookBody): { readonly stream_id?: string } {
  if (stream_id === undefined || typeof stream_url !== 'string') return {};
  return { stream_id: streamId(stream_url) };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

import { withoutOwnQuery } from '../protocol/webrtc/request.js';
import { type HookAction, isHookAction } from './actions.js';

/** SRS's own JSON of a call; `action`, `vhost`, `app` and `client_id` are in every one. */
export interface HookBody {
  readonly action: HookAction;
  readonly client_id: string;
  readonly ip: string;
  readonly vhost: string;
  readonly app: string;
  /** Missing in `on_close`; with `.m3u8` at its end for players of HLS. */
  readonly stream?: string;
  /** The stream's id in the child's API, where it has one. */
  readonly stream_id?: string;
  readonly [field: string]: unknown;
}

/** What we know better than the child, or besides. */
export interface HookTruth {
  readonly ip: string;
  readonly serverId: string;
  /** Null: none has heard of the client yet. */
  readonly child: string | null;
  /** There where users know the client by another id than its child does. */
  readonly clientId?: string;
}

const TEXTS = ['client_id', 'ip', 'vhost', 'app'] as const;
const OPTIONAL_TEXTS = ['stream', 'stream_id'] as const;

/** Null for what is no call of a child's hooks. */
export function parseHook(text: string): HookBody | null {
  const body = parseObject(text);
  if (body === null || !isHookAction(body.action)) return null;
  const isText = (name: string) => typeof body[name] === 'string';
  const complete = TEXTS.every(isText);
  const sound = OPTIONAL_TEXTS.every((name) => body[name] === undefined || isText(name));
  return complete && sound ? (body as HookBody) : null;
}

/** The call as users get it: SRS's fields in SRS's order, and `child` behind them. */
export function rewriteHook(body: HookBody, truth: HookTruth): string {
  const { ip, serverId, child, clientId = body.client_id } = truth;
  const { param } = body;
  // What we asked SRS for in the client's name is nothing that the client said.
  const own = typeof param === 'string' ? { param: withoutOwnQuery(param) } : {};
  const known = { server_id: serverId, client_id: clientId, ip, child };
  return JSON.stringify({ ...body, ...own, ...known });
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

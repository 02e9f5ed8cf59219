import { bears } from '../protocol/http/bearer.js';

/** What of a request decides whether it is answered. */
export interface AdminCaller {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

export interface Guard {
  /** Asked for with every request when set. */
  readonly token: string | null;
  /** Bound to loopback: a page whose name resolves to us (DNS rebinding) is told by its Host. */
  readonly loopback: boolean;
}

export interface AdminRefusal {
  readonly status: 401 | 403;
  readonly error: string;
}

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Why a request is refused; null when it is not. */
export function refusalOf({ token, loopback }: Guard, caller: AdminCaller): AdminRefusal | null {
  if (loopback && !LOOPBACK_HOST.test(caller.host ?? '')) {
    return { status: 403, error: 'this address answers to localhost, 127.0.0.1 or [::1] only' };
  }
  if (caller.origin !== undefined && !isSameOrigin(caller.origin, caller.host)) {
    return { status: 403, error: "another site's page may not ask here" };
  }
  if (token !== null && !bears(token, caller.authorization)) {
    return { status: 401, error: 'a token is needed: Authorization: Bearer TOKEN (admin.token)' };
  }
  return null;
}

function isSameOrigin(origin: string, host = ''): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

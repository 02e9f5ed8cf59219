import { bears } from '../protocol/http/bearer.js';

/** Headers of a request that decide whether it is answered. */
export interface AdminCaller {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

export interface Guard {
  /** If set, every request must carry it. */
  readonly token: string | null;
  /** The port is on loopback: the Host header must say so, against DNS rebinding. */
  readonly loopback: boolean;
}

export interface AdminRefusal {
  readonly status: 401 | 403;
  readonly error: string;
}

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Returns why a request is refused, or null. */
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

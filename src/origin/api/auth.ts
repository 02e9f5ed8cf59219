import { isSameText } from '../../protocol/same-text.js';

/** Credentials of `http_api.auth`. */
export interface ApiAuth {
  readonly username: string;
  readonly password: string;
}

export type Verdict = 'ok' | 'ask' | 'refuse';

/**
 * Checks an `Authorization` header as SRS does: paths without `/api/` are open, a missing or wrong
 * password gets `ask`, and a header without a Basic token gets `refuse`.
 */
export function judge(auth: ApiAuth | null, path: string, header: string | undefined): Verdict {
  if (auth === null || !path.includes('/api/')) return 'ok';
  if (header === undefined || header === '') return 'ask';
  const [, token = ''] = /^Basic +(\S+)$/.exec(header) ?? [];
  const pair = Buffer.from(token, 'base64').toString();
  if (!/^[^:]+:[^:]+$/.test(pair)) return 'refuse';
  return isSameText(pair, `${auth.username}:${auth.password}`) ? 'ok' : 'ask';
}

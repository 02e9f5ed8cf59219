/** A hook server's response. */
export interface HookAnswer {
  readonly status: number;
  readonly body: string;
}

/** `refused`: the server refused. `failed`: no valid answer, which SRS treats as a refusal. */
export type HookVerdict = 'ok' | 'refused' | 'failed';

/** Judges as SRS does: accepts 200 or 201 with the body `0`, or a JSON object whose `code` is 0. */
export function judge({ status, body }: HookAnswer): HookVerdict {
  if (status !== 200 && status !== 201) return 'failed';
  if (body === '0') return 'ok';
  const code = codeIn(body);
  if (code === null) return 'failed';
  return code === 0 ? 'ok' : 'refused';
}

/**
 * Returns the number in the body or in its `code`; null if there is none. A JSON number 0 not spelt
 * `0` is no verdict.
 */
function codeIn(body: string): number | null {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'number') return value === 0 ? null : value;
    const code = (value as { code?: unknown } | null)?.code;
    return Number.isInteger(code) ? Number(code) : null;
  } catch {
    return null;
  }
}

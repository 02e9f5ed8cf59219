/** What a hook server has answered. */
export interface HookAnswer {
  readonly status: number;
  readonly body: string;
}

/** `refused`: it said no. `failed`: it said nothing that counts, which SRS takes for no. */
export type HookVerdict = 'ok' | 'refused' | 'failed';

/** SRS lets in for 200 or 201 with the body `0`, or a JSON object whose `code` is 0. */
export function judge({ status, body }: HookAnswer): HookVerdict {
  if (status !== 200 && status !== 201) return 'failed';
  if (body === '0') return 'ok';
  const code = codeIn(body);
  if (code === null) return 'failed';
  return code === 0 ? 'ok' : 'refused';
}

/** The number that a body is, or that its `code` is. The bare number 0 counts as `0` only. */
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

/**
 * The room `protocol/`: parsers and encoders: bytes in, `value`, `incomplete` or `invalid` out.
 * May import: no other room.
 */

/**
 * The result of every parser. `incomplete` asks for more bytes and has consumed none. `invalid`
 * ends the connection; its reason is for the log and the counters, never for the client.
 */
export type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T; readonly consumed: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly reason: string };

export const INCOMPLETE = { kind: 'incomplete' } as const;

export function invalid(reason: string): { kind: 'invalid'; reason: string } {
  return { kind: 'invalid', reason };
}

export function value<T>(
  value: T,
  consumed: number,
): { kind: 'value'; value: T; consumed: number } {
  return { kind: 'value', value, consumed };
}

import { hash } from 'node:crypto';

/** Milliseconds for which a cookie is valid at least, and by which two boxes' clocks may differ. */
const WINDOW_MS = 30_000;

export interface CookieSender {
  readonly ip: string;
  readonly port: number;
}

/**
 * Returns the cookie for an induction's answer (draft-sharabayko-srt §4.3.1.1), never 0. A caller
 * that returns it has proved its address. Only a holder of `secret` can compute it. `now` is in
 * milliseconds since 1970, so that boxes with the same secret accept each other's cookies.
 */
export function cookieOf(secret: string, sender: CookieSender, now: number): number {
  return bake(secret, sender, Math.floor(now / WINDOW_MS));
}

/** Reports whether the address was given that cookie within the last window or two. */
export function isCookieOf(
  cookie: number,
  secret: string,
  sender: CookieSender,
  now: number,
): boolean {
  const window = Math.floor(now / WINDOW_MS);
  return [window, window - 1, window + 1].some((one) => cookie === bake(secret, sender, one));
}

function bake(secret: string, { ip, port }: CookieSender, window: number): number {
  // A plain hash is enough: only 32 of its 256 bits are sent, so length extension fails. An HMAC
  // would take seven times the CPU.
  const digits = hash('sha256', `${secret} ${ip} ${port} ${window}`, 'hex').slice(0, 8);
  return Number.parseInt(digits, 16) || 1;
}

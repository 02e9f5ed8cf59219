import { createHmac } from 'node:crypto';

/** Milliseconds that a cookie is at least good for; twice that at most. */
const WINDOW_MS = 30_000;

export interface Sender {
  readonly ip: string;
  readonly port: number;
}

/**
 * The cookie of an induction's answer (draft-sharabayko-srt §4.3.1.1): who sends it back has the
 * address that it claims to have. Only the holder of `secret` can make one. Never 0.
 */
export function cookieOf(secret: Uint8Array, sender: Sender, now: number): number {
  return bake(secret, sender, Math.floor(now / WINDOW_MS));
}

/** Whether this address was given that cookie lately. */
export function isCookieOf(
  cookie: number,
  secret: Uint8Array,
  sender: Sender,
  now: number,
): boolean {
  const window = Math.floor(now / WINDOW_MS);
  return cookie === bake(secret, sender, window) || cookie === bake(secret, sender, window - 1);
}

function bake(secret: Uint8Array, { ip, port }: Sender, window: number): number {
  const hash = createHmac('sha256', secret).update(`${ip} ${port} ${window}`).digest();
  return hash.readUInt32BE() || 1;
}

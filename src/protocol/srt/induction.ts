import { type CookieSender, cookieOf } from './cookie.js';
import { INDUCTION, inductionAnswer, parseHandshake } from './handshake.js';

/** Settings of a listener that answers inductions. */
export interface InductionSettings {
  /** Secret of the cookies: 32 bytes as text. */
  readonly secret: string;
  /** Key length to request from callers, bytes / 8; null: not known yet, nothing is answered. */
  readonly encryption: number | null;
  /** Start of the listener in milliseconds, on the same clock as `now`. */
  readonly startedAt: number;
}

/** Returns a listener's answer to an induction; null for any other packet. */
export function answerInduction(
  packet: Buffer,
  from: CookieSender,
  { secret, encryption, startedAt }: InductionSettings,
  now: number,
): Buffer | null {
  if (encryption === null) return null;
  const parsed = parseHandshake(packet);
  if (parsed.kind !== 'value') return null;
  const { type, destination } = parsed.value;
  if (type !== INDUCTION || destination !== 0) return null;
  const cookie = cookieOf(secret, from, now);
  return inductionAnswer(packet, { cookie, encryption, micros: 1000 * (now - startedAt) });
}

import { type CookieSender, cookieOf } from './cookie.js';
import { INDUCTION, inductionAnswer, parseHandshake } from './handshake.js';

/** What the answer to an induction depends on beside the packet, its sender and the time. */
export interface InductionSettings {
  /** Of cookies: 32 bytes as text. */
  readonly secret: string;
  /** Key length that callers are asked for, bytes / 8; null: not known yet, so nothing is answered. */
  readonly encryption: number | null;
  /** Of the listener, on the clock that `now` is read from; milliseconds. */
  readonly startedAt: number;
}

/** What a listener says to an induction; null for any other packet. */
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

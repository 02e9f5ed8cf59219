import { createHmac } from 'node:crypto';
import { isSameText } from '../same-text.js';

/** What a box says of a request that it sends on to another box's own port. */
export interface Hop {
  /** The client's address, without a port. */
  readonly ip: string;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly at: number;
}

/** The header's name: a request that has it is never sent on. */
export const HOP_HEADER = 'x-srs-supervisor-hop';
/** How far two clocks may be apart. */
const WINDOW_MS = 30_000;

/** `ip time mac`; the mac covers the request's target, too. */
export function buildHop({ ip, at }: Hop, target: string, secret: string): string {
  return `${ip} ${at} ${sign(`${ip} ${at} ${target}`, secret)}`;
}

/** The client's address; null for what was not made with our secret, for this target, just now. */
export function readHop(text: string, target: string, secret: string, now: number): string | null {
  const [ip = '', at = '', mac = ''] = text.split(' ');
  const isOurs = isSameText(mac, sign(`${ip} ${at} ${target}`, secret));
  return isOurs && Math.abs(now - Number(at)) <= WINDOW_MS ? ip : null;
}

function sign(text: string, secret: string): string {
  return createHmac('sha256', secret).update(`hop ${text}`).digest('base64url');
}

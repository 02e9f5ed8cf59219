import { createHmac } from 'node:crypto';
import { isSameText } from '../same-text.js';

/** The signed header of a request that a box forwards to another box's HTTP port. */
export interface Hop {
  /** The client's address, without a port. */
  readonly ip: string;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly at: number;
}

/** Header name. A request that has this header is not forwarded again. */
export const HOP_HEADER = 'x-srs-supervisor-hop';
/** Milliseconds by which the clocks of two boxes may differ. */
const WINDOW_MS = 30_000;

/** Builds `ip time mac`. The MAC also covers the request's target. */
export function buildHop({ ip, at }: Hop, target: string, secret: string): string {
  return `${ip} ${at} ${sign(`${ip} ${at} ${target}`, secret)}`;
}

/**
 * Returns the client's address, or null unless the header was signed with our secret, for this
 * target, within `WINDOW_MS`.
 */
export function readHop(text: string, target: string, secret: string, now: number): string | null {
  const [ip = '', at = '', mac = ''] = text.split(' ');
  const isOurs = isSameText(mac, sign(`${ip} ${at} ${target}`, secret));
  return isOurs && Math.abs(now - Number(at)) <= WINDOW_MS ? ip : null;
}

function sign(text: string, secret: string): string {
  return createHmac('sha256', secret).update(`hop ${text}`).digest('base64url');
}

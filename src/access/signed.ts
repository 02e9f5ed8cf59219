import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SigningKey } from '../config/access-config.js';
import type { Role, StreamKey } from '../stream-key.js';

/** The stream and role that a token permits. */
interface Permit {
  readonly stream: StreamKey;
  readonly role: Role;
}

export interface SignedPermit extends Permit {
  /** Seconds since 1970. */
  readonly expires: number;
  /** The only address that may use it; null: any. */
  readonly address: string | null;
}

/** A client that shows a token. */
export interface Bearer extends Permit {
  readonly address: string;
}

/** Clock of a check: seconds since 1970, and seconds that the signer's may differ. */
export interface CheckTime {
  readonly now: number;
  readonly leeway: number;
}

/** Begins each signed text, so that no other use of a key makes a valid one. */
const PURPOSE = 'srs-supervisor access 1';
/** Key id, expiry, whether an address is part of it, MAC: 43 characters are 32 bytes. */
const TOKEN = /^([\w-]{1,32})\.(\d{1,11})\.(any|ip)\.([\w-]{43})$/;

/** Makes a token: `key.expiry.any.mac`, with `ip` for `any` if it is for one address. */
export function signToken(permit: SignedPermit, { id, secret }: SigningKey): string {
  const scope = permit.address === null ? 'any' : 'ip';
  return `${id}.${permit.expires}.${scope}.${macOf(permit, secret).toString('base64url')}`;
}

/** Tells whether a text has the form of a signed token. */
export function isSigned(token: string): boolean {
  return TOKEN.test(token);
}

/** Tells whether a signed token is for one address only. */
export function isForOneAddress(token: string): boolean {
  return TOKEN.exec(token)?.[3] === 'ip';
}

/** Returns the fault of a signed token for that client; null: it is good. */
export function signedFault(
  token: string,
  { stream, role, address }: Bearer,
  keys: readonly SigningKey[],
  { now, leeway }: CheckTime,
): string | null {
  const [, id = '', expiry = '', scope = '', mac = ''] = TOKEN.exec(token) ?? [];
  const key = keys.find((one) => one.id === id);
  if (key === undefined) return 'it names no key that is known here';
  const expires = Number(expiry);
  const permit = { stream, role, expires, address: scope === 'ip' ? address : null };
  const given = Buffer.from(mac, 'base64url');
  if (!timingSafeEqual(given, macOf(permit, key.secret))) {
    return 'it was not signed for this stream, role and address';
  }
  return now > expires + leeway ? `it expired ${Math.floor(now - expires)} s ago` : null;
}

function macOf({ stream, role, expires, address }: SignedPermit, secret: string): Buffer {
  const text = [PURPOSE, role, stream, expires, address ?? ''].join('\n');
  return createHmac('sha256', secret).update(text).digest();
}

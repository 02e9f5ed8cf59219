import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { invalid, type Parsed, value } from '../result.js';

/** A STUN message, reduced to what is needed to find its session (RFC 8489). */
export interface StunMessage {
  /** The message type (RFC 8489 §5) is Binding request. */
  readonly isBindingRequest: boolean;
  /** The USERNAME attribute; null if absent. */
  readonly username: string | null;
  /** USE-CANDIDATE (RFC 8445 §7.1.2): the client has nominated this candidate pair. */
  readonly usesCandidate: boolean;
  /** Offset of the MESSAGE-INTEGRITY attribute; null if absent. */
  readonly integrityAt: number | null;
}

const HEADER_SIZE = 20;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
/** Characters: two fragments of at most 256 (RFC 8445 §5.3) and a colon. */
const MAX_USERNAME = 513;

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const INTEGRITY_SIZE = 20;
const FINGERPRINT_SIZE = 4;
/** XOR value of the FINGERPRINT (RFC 8489 §14.7). */
const FINGERPRINT_XOR = 0x5354554e;
const ATTRIBUTE_HEADER = 4;

interface Attribute {
  readonly type: number;
  /** Offset of the attribute, and its value without padding. */
  readonly at: number;
  readonly value: Buffer;
}

/**
 * Reports whether a datagram can be STUN. STUN, DTLS and RTP share a port and differ in the first
 * byte (RFC 9443).
 */
export function looksLikeStun(datagram: Buffer): boolean {
  return datagram.length >= HEADER_SIZE && (datagram[0] ?? 0xff) < 4;
}

/**
 * Parses one whole datagram. Checks its length, magic cookie, attributes and FINGERPRINT if
 * present. Does not check its sender: see `hasIntegrity`.
 */
export function parseStun(datagram: Buffer): Parsed<StunMessage> {
  const headerFault = faultOfHeader(datagram);
  if (headerFault !== null) return invalid(headerFault);
  const attributes = attributesOf(datagram);
  if (attributes === null) return invalid('STUN attributes');
  if (!isFingerprintRight(datagram, attributes)) return invalid('STUN fingerprint');
  const find = (type: number) => attributes.find((attribute) => attribute.type === type);
  const [username, integrity] = [find(USERNAME), find(MESSAGE_INTEGRITY)];
  if (username && username.value.length > MAX_USERNAME) return invalid('STUN username');
  if (integrity && integrity.value.length !== INTEGRITY_SIZE) return invalid('STUN integrity');
  const message = {
    isBindingRequest: datagram.readUInt16BE(0) === BINDING_REQUEST,
    username: username?.value.toString() ?? null,
    usesCandidate: find(USE_CANDIDATE) !== undefined,
    integrityAt: integrity?.at ?? null,
  };
  return value(message, datagram.length);
}

function faultOfHeader(datagram: Buffer): string | null {
  if (!looksLikeStun(datagram)) return 'no STUN';
  const length = datagram.readUInt16BE(2);
  if (length % 4 !== 0 || HEADER_SIZE + length !== datagram.length) return 'STUN length';
  return datagram.readUInt32BE(4) === MAGIC_COOKIE ? null : 'STUN magic cookie';
}

/** Reports whether the sender knows the session's password (RFC 8489 §14.5). */
export function hasIntegrity(datagram: Buffer, message: StunMessage, password: string): boolean {
  const at = message.integrityAt;
  if (at === null) return false;
  // The HMAC is computed as if the message ended with this attribute.
  const signed = Buffer.from(datagram.subarray(0, at));
  signed.writeUInt16BE(at + ATTRIBUTE_HEADER + INTEGRITY_SIZE - HEADER_SIZE, 2);
  const right = createHmac('sha1', password).update(signed).digest();
  const start = at + ATTRIBUTE_HEADER;
  return timingSafeEqual(right, datagram.subarray(start, start + INTEGRITY_SIZE));
}

/** Returns all attributes; null if one is truncated. */
function attributesOf(datagram: Buffer): Attribute[] | null {
  const attributes: Attribute[] = [];
  for (let at = HEADER_SIZE; at < datagram.length; ) {
    const start = at + ATTRIBUTE_HEADER;
    if (start > datagram.length) return null;
    const size = datagram.readUInt16BE(at + 2);
    const padded = Math.ceil(size / 4) * 4;
    if (start + padded > datagram.length) return null;
    const value = datagram.subarray(start, start + size);
    attributes.push({ type: datagram.readUInt16BE(at), at, value });
    at = start + padded;
  }
  return attributes;
}

function isFingerprintRight(datagram: Buffer, attributes: readonly Attribute[]): boolean {
  const found = attributes.find(({ type }) => type === FINGERPRINT);
  if (found === undefined) return true;
  if (found !== attributes.at(-1) || found.value.length !== FINGERPRINT_SIZE) return false;
  const right = (crc32(datagram.subarray(0, found.at)) ^ FINGERPRINT_XOR) >>> 0;
  return found.value.readUInt32BE(0) === right;
}

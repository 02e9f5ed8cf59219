import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

export interface StunOptions {
  readonly username?: string;
  /** Key of MESSAGE-INTEGRITY; absent: no such attribute. */
  readonly password?: string;
  readonly fingerprint?: boolean;
  /** Default: a Binding request. */
  readonly type?: number;
}

/** Builds a browser's STUN message: USERNAME, MESSAGE-INTEGRITY, FINGERPRINT (RFC 8489). */
export function stunRequest(options: StunOptions): Buffer {
  const { username, password, fingerprint = true, type = 1 } = options;
  const header = Buffer.alloc(20);
  header.writeUInt16BE(type, 0);
  header.writeUInt32BE(0x2112a442, 4);
  randomBytes(12).copy(header, 8);
  let message: Buffer = header;
  if (username !== undefined) message = append(message, 0x0006, Buffer.from(username));
  if (password !== undefined) message = append(message, 0x0008, hmacOf(message, password));
  if (!fingerprint) return message;
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE((crc32(sized(message, 8)) ^ 0x5354554e) >>> 0);
  return append(message, 0x8028, crc);
}

function append(message: Buffer, type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  const padding = Buffer.alloc((4 - (value.length % 4)) % 4);
  const parts = [sized(message, 4 + value.length + padding.length), head, value, padding];
  return Buffer.concat(parts);
}

/** Copies a message with a length field increased by so many bytes. */
function sized(message: Buffer, more: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(message.length - 20 + more, 2);
  return copy;
}

function hmacOf(message: Buffer, password: string): Buffer {
  return createHmac('sha1', password).update(sized(message, 24)).digest();
}

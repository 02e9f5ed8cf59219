import { createHmac } from 'node:crypto';

/**
 * Schema of the digest that Adobe's players put into C1 and expect in S1. The digest is an HMAC of
 * the block, stored in the block at an offset given by four of its bytes. The schema tells which
 * half of the block holds it.
 */
export type DigestSchema = 'schema0' | 'schema1';

const DIGEST_SIZE = 32;
/** Offset of the version field, behind the 4-byte time. */
const VERSION_FIELD = 4;
/** Offset of the four bytes that give the digest's offset within its 764-byte half. */
const OFFSET_FIELD = { schema0: 772, schema1: 8 } as const;
/** Range of that offset: a half's 764 bytes minus the offset field and the digest. */
const OFFSET_RANGE = 764 - 4 - DIGEST_SIZE;

const SHARED_KEY = 'f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae';

/** The keys of one end: the name alone signs C1 and S1, name plus shared key sign C2 and S2. */
export interface DigestKey {
  readonly name: Buffer;
  readonly full: Buffer;
}

export const PLAYER_KEY = digestKey('Genuine Adobe Flash Player 001');
export const SERVER_KEY = digestKey('Genuine Adobe Flash Media Server 001');

/** Schemas in the order tried. ffmpeg signs with the first. */
const SCHEMAS: readonly DigestSchema[] = ['schema1', 'schema0'];

/**
 * Returns the schema whose digest is correct, or null for a simple handshake. A signing peer sets
 * the version behind the time; a zero there (RTMP 1.0 §5.2.3) saves computing the HMACs.
 */
export function detectSchema(block: Buffer, key: DigestKey): DigestSchema | null {
  if (block.readUInt32BE(VERSION_FIELD) === 0) return null;
  const isRight = (schema: DigestSchema) =>
    readDigest(block, schema).equals(sign(block, schema, key));
  return SCHEMAS.find(isRight) ?? null;
}

/** Returns the digest stored in a C1 or S1. */
export function readDigest(block: Buffer, schema: DigestSchema): Buffer {
  const at = digestOffset(block, schema);
  return block.subarray(at, at + DIGEST_SIZE);
}

/** Stores the digest in a C1 or S1 whose other bytes are final. */
export function writeDigest(block: Buffer, schema: DigestSchema, key: DigestKey): void {
  sign(block, schema, key).copy(block, digestOffset(block, schema));
}

/** Stores the digest at the end of a C2 or S2. `peer` is the digest of the block it answers. */
export function writeAnswerDigest(block: Buffer, peer: Buffer, key: DigestKey): void {
  const end = block.length - DIGEST_SIZE;
  hmac(hmac(key.full, peer), block.subarray(0, end)).copy(block, end);
}

function digestKey(name: string): DigestKey {
  return {
    name: Buffer.from(name),
    full: Buffer.concat([Buffer.from(name), Buffer.from(SHARED_KEY, 'hex')]),
  };
}

function digestOffset(block: Buffer, schema: DigestSchema): number {
  const field = OFFSET_FIELD[schema];
  let sum = 0;
  for (let at = field; at < field + 4; at += 1) sum += block[at] ?? 0;
  return field + 4 + (sum % OFFSET_RANGE);
}

function sign(block: Buffer, schema: DigestSchema, key: DigestKey): Buffer {
  const at = digestOffset(block, schema);
  return hmac(key.name, block.subarray(0, at), block.subarray(at + DIGEST_SIZE));
}

function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const hash = createHmac('sha256', key);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

import { createHmac } from 'node:crypto';

/**
 * The digest that Adobe's players put into C1 and expect in S1: a keyed hash of the block, hidden in
 * the block itself at a place that four of its bytes tell. Which half holds it is the schema.
 */
export type DigestSchema = 'schema0' | 'schema1';

const DIGEST_SIZE = 32;
/** Behind the time. */
const VERSION_FIELD = 4;
/** Where the four bytes stand that tell the digest's place within its 764-byte half. */
const OFFSET_FIELD = { schema0: 772, schema1: 8 } as const;
/** 764 bytes of a half less the offset field and the digest. */
const OFFSET_RANGE = 764 - 4 - DIGEST_SIZE;

const SHARED_KEY = 'f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae';

/** One end's secret: the name alone signs C1/S1, name and shared key sign C2/S2. */
export interface DigestKey {
  readonly name: Buffer;
  readonly full: Buffer;
}

export const PLAYER_KEY = digestKey('Genuine Adobe Flash Player 001');
export const SERVER_KEY = digestKey('Genuine Adobe Flash Media Server 001');

/** ffmpeg signs by the first. */
const SCHEMAS: readonly DigestSchema[] = ['schema1', 'schema0'];

/**
 * Finds the schema whose digest is right, or null: then the handshake is a simple one. Whoever signs
 * says its version behind the time; a zero there (RTMP 1.0 §5.2.3) spares the hashes.
 */
export function detectSchema(block: Buffer, key: DigestKey): DigestSchema | null {
  if (block.readUInt32BE(VERSION_FIELD) === 0) return null;
  const isRight = (schema: DigestSchema) =>
    readDigest(block, schema).equals(sign(block, schema, key));
  return SCHEMAS.find(isRight) ?? null;
}

/** The digest that stands in a C1 or S1. */
export function readDigest(block: Buffer, schema: DigestSchema): Buffer {
  const at = digestOffset(block, schema);
  return block.subarray(at, at + DIGEST_SIZE);
}

/** Puts the digest into a C1 or S1 whose other bytes are final. */
export function writeDigest(block: Buffer, schema: DigestSchema, key: DigestKey): void {
  sign(block, schema, key).copy(block, digestOffset(block, schema));
}

/** Puts the digest at the end of a C2 or S2; `peer` is the digest of the block it answers. */
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

import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';
import {
  type DigestSchema,
  detectSchema,
  PLAYER_KEY,
  readDigest,
  SERVER_KEY,
  writeAnswerDigest,
  writeDigest,
} from './digest.js';

/** Bytes of C1, C2, S1 and S2 each (RTMP 1.0 §5.2.3). */
export const HANDSHAKE_SIZE = 1536;
/** Bytes of S0, S1 and S2. */
export const SERVER_HANDSHAKE_SIZE = 1 + 2 * HANDSHAKE_SIZE;

const VERSION = 3;
/** Time and version (or zero) stand before the random bytes. */
const HEAD_SIZE = 8;
/** What SRS says it is where it answers with a digest. */
const SERVER_VERSION = 0x01000504;

/** What a client opened with. `c1` is a view of the bytes that were parsed. */
export interface ClientHello {
  readonly c1: Buffer;
  readonly schema: 'simple' | DigestSchema;
}

/** What the answer cannot make up itself: milliseconds, and 1528 random bytes or more. */
export interface HandshakeSeed {
  readonly time: number;
  readonly random: Buffer;
}

/** Reads C0 and C1. Any version but 3 is invalid at its first byte; RTMPE (6) is one of them. */
export function parseC0C1(buf: Buffer): Parsed<ClientHello> {
  const version = buf[0];
  if (version === undefined) return INCOMPLETE;
  if (version !== VERSION) return invalid(`RTMP version ${version} instead of ${VERSION}`);
  if (buf.length < 1 + HANDSHAKE_SIZE) return INCOMPLETE;
  const c1 = buf.subarray(1, 1 + HANDSHAKE_SIZE);
  return value({ c1, schema: detectSchema(c1, PLAYER_KEY) ?? 'simple' }, 1 + HANDSHAKE_SIZE);
}

/**
 * Answers in kind: a simple C1 gets itself back as S2, one with a digest gets digests in the same
 * schema, which old Flash players need before they show H.264.
 */
export function buildS0S1S2(hello: ClientHello, seed: HandshakeSeed): Buffer {
  const { c1, schema } = hello;
  if (schema === 'simple') return Buffer.concat([Buffer.of(VERSION), buildBlock(seed, 0), c1]);
  const s1 = buildBlock(seed, SERVER_VERSION);
  writeDigest(s1, schema, SERVER_KEY);
  const s2 = buildBlock(seed, SERVER_VERSION);
  writeAnswerDigest(s2, readDigest(c1, schema), SERVER_KEY);
  return Buffer.concat([Buffer.of(VERSION), s1, s2]);
}

/** Opens a simple handshake: `time` in milliseconds, 1528 random bytes or more. */
export function buildC0C1(time: number, random: Buffer): Buffer {
  return Buffer.concat([Buffer.of(VERSION), buildBlock({ time, random }, 0)]);
}

/** Ends a simple handshake: S1 back to the server. */
export function buildC2(s1: Buffer): Buffer {
  return Buffer.from(s1.subarray(0, HANDSHAKE_SIZE));
}

function buildBlock({ time, random }: HandshakeSeed, version: number): Buffer {
  const block = Buffer.alloc(HANDSHAKE_SIZE);
  block.writeUInt32BE(time >>> 0, 0);
  block.writeUInt32BE(version, 4);
  random.copy(block, HEAD_SIZE);
  return block;
}

/** C0, C1 and C2 in one flight, C2 before S1 has come: SRS does not look into it. */
export function buildBlindHello(random: Buffer): Buffer {
  return Buffer.concat([buildC0C1(0, random), buildC2(random)]);
}

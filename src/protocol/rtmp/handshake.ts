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

/** Bytes each of C1, C2, S1 and S2 (RTMP 1.0 §5.2.3). */
export const HANDSHAKE_SIZE = 1536;
/** Bytes of S0, S1 and S2 together. */
export const SERVER_HANDSHAKE_SIZE = 1 + 2 * HANDSHAKE_SIZE;

const VERSION = 3;
/** Bytes of time and version, which precede the random bytes. */
const HEAD_SIZE = 8;
/** Server version that SRS sends when it answers with a digest. */
const SERVER_VERSION = 0x01000504;

/** A client's C0 and C1. `c1` is a view of the parsed bytes. */
export interface ClientHello {
  readonly c1: Buffer;
  readonly schema: 'simple' | DigestSchema;
}

/** Inputs of the server's answer: time in milliseconds, and at least 1528 random bytes. */
export interface HandshakeSeed {
  readonly time: number;
  readonly random: Buffer;
}

/** Parses C0 and C1. Any version but 3, RTMPE (6) included, is invalid at the first byte. */
export function parseC0C1(buf: Buffer): Parsed<ClientHello> {
  const version = buf[0];
  if (version === undefined) return INCOMPLETE;
  if (version !== VERSION) return invalid(`RTMP version ${version} instead of ${VERSION}`);
  if (buf.length < 1 + HANDSHAKE_SIZE) return INCOMPLETE;
  const c1 = buf.subarray(1, 1 + HANDSHAKE_SIZE);
  return value({ c1, schema: detectSchema(c1, PLAYER_KEY) ?? 'simple' }, 1 + HANDSHAKE_SIZE);
}

/**
 * Builds S0, S1 and S2. A simple C1 is echoed as S2. A C1 with a digest gets digests of the same
 * schema, which old Flash players require before they show H.264.
 */
export function buildS0S1S2(hello: ClientHello, seed: HandshakeSeed): Buffer {
  const { c1, schema } = hello;
  const answer = Buffer.allocUnsafe(SERVER_HANDSHAKE_SIZE);
  answer[0] = VERSION;
  const s1 = answer.subarray(1, 1 + HANDSHAKE_SIZE);
  const s2 = answer.subarray(1 + HANDSHAKE_SIZE);
  if (schema === 'simple') {
    fillBlock(s1, seed, 0);
    s2.set(c1);
  } else {
    fillBlock(s1, seed, SERVER_VERSION);
    writeDigest(s1, schema, SERVER_KEY);
    fillBlock(s2, seed, SERVER_VERSION);
    writeAnswerDigest(s2, readDigest(c1, schema), SERVER_KEY);
  }
  return answer;
}

/** Builds C0 and C1 of a simple handshake: `time` in milliseconds, at least 1528 random bytes. */
export function buildC0C1(time: number, random: Buffer): Buffer {
  const hello = Buffer.allocUnsafe(1 + HANDSHAKE_SIZE);
  hello[0] = VERSION;
  fillBlock(hello.subarray(1), { time, random }, 0);
  return hello;
}

/** Builds the C2 that ends a simple handshake, an echo of S1. */
export function buildC2(s1: Buffer): Buffer {
  return Buffer.from(s1.subarray(0, HANDSHAKE_SIZE));
}

function fillBlock(block: Buffer, { time, random }: HandshakeSeed, version: number): void {
  block.writeUInt32BE(time >>> 0, 0);
  block.writeUInt32BE(version, 4);
  block.set(random.subarray(0, HANDSHAKE_SIZE - HEAD_SIZE), HEAD_SIZE);
}

/** Builds C0, C1 and C2 in one flight, before S1 arrives: SRS does not check C2. */
export function buildBlindHello(random: Buffer): Buffer {
  return Buffer.concat([buildC0C1(0, random), buildC2(random)]);
}

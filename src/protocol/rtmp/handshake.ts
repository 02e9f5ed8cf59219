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

/** Opens a simple handshake: `time` in milliseconds, 1528 random bytes or more. */
export function buildC0C1(time: number, random: Buffer): Buffer {
  const hello = Buffer.allocUnsafe(1 + HANDSHAKE_SIZE);
  hello[0] = VERSION;
  fillBlock(hello.subarray(1), { time, random }, 0);
  return hello;
}

/** Ends a simple handshake: S1 back to the server. */
export function buildC2(s1: Buffer): Buffer {
  return Buffer.from(s1.subarray(0, HANDSHAKE_SIZE));
}

function fillBlock(block: Buffer, { time, random }: HandshakeSeed, version: number): void {
  block.writeUInt32BE(time >>> 0, 0);
  block.writeUInt32BE(version, 4);
  block.set(random.subarray(0, HANDSHAKE_SIZE - HEAD_SIZE), HEAD_SIZE);
}

/** C0, C1 and C2 in one flight, C2 before S1 has come: SRS does not look into it. */
export function buildBlindHello(random: Buffer): Buffer {
  return Buffer.concat([buildC0C1(0, random), buildC2(random)]);
}

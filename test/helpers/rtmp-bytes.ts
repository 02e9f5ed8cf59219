import { type DigestSchema, PLAYER_KEY, writeDigest } from '../../src/protocol/rtmp/digest.js';
import { HANDSHAKE_SIZE } from '../../src/protocol/rtmp/handshake.js';

/** C0 and C1 as Flash and ffmpeg send them: a player's version and a digest in the given schema. */
export function buildComplexC1(schema: DigestSchema, random: Buffer): Buffer {
  const c1 = Buffer.alloc(HANDSHAKE_SIZE);
  c1.writeUInt32BE(0x09007c02, 4);
  random.copy(c1, 8);
  writeDigest(c1, schema, PLAYER_KEY);
  return Buffer.concat([Buffer.of(3), c1]);
}

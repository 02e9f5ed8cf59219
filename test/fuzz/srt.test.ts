/**
 * Mutated handshakes of real callers and listeners into every SRT parser: no exception, nothing
 * read beyond the end.
 */
import assert from 'node:assert/strict';
import { parseExtensions, parseStreamIdExtension } from '../../src/protocol/srt/extensions.js';
import {
  HANDSHAKE_SIZE,
  inductionAnswer,
  inductionOf,
  parseHandshake,
  rejection,
  resend,
} from '../../src/protocol/srt/handshake.js';
import { destinationOf, kindOf } from '../../src/protocol/srt/packet.js';
import { parseStreamId } from '../../src/protocol/srt/stream-id.js';
import { fuzz } from '../helpers/fuzz.js';
import { CAPTURES } from '../helpers/srt-bytes.js';
import { STREAM_IDS } from '../helpers/stream-ids.js';

const packets = Object.values(CAPTURES).flatMap((capture) => Object.values(capture));

fuzz('an SRT handshake', packets, (bytes) => {
  if (kindOf(bytes) >= 0) destinationOf(bytes);
  const parsed = parseHandshake(bytes);
  if (parsed.kind !== 'value') return;
  const { id } = parsed.value;
  const fields = { cookie: 1, encryption: 2, micros: 3.5 };
  for (const answer of [inductionAnswer(bytes, fields), rejection(bytes, 2400, 4e9)]) {
    assert.equal(answer.length, HANDSHAKE_SIZE);
    assert.equal(destinationOf(answer), id);
  }
  assert.equal(inductionOf(bytes).length, HANDSHAKE_SIZE);
  assert.equal(resend(bytes, 2 ** 32 - 1, 5e9).length, bytes.length);
});

fuzz('SRT extensions', packets, (bytes) => {
  const blocks = parseExtensions(bytes);
  if (blocks.kind !== 'value') return;
  const size = blocks.value.reduce((sum, { content }) => sum + 4 + content.length, 0);
  assert.ok(size <= Math.max(0, bytes.length - HANDSHAKE_SIZE));
  const id = parseStreamIdExtension(blocks.value);
  if (id.kind === 'value') parseStreamId(id.value, 'live');
});

fuzz(
  'an SRT stream id',
  STREAM_IDS.map(([id]) => Buffer.from(id)),
  (bytes) => {
    const id = parseStreamId(bytes.toString(), 'live');
    if (id.kind === 'value') assert.ok(id.value.app && id.value.stream);
  },
);

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSequenceHeader, parseFlv } from '../../src/demo/flv.js';
import { repeat, splitClip } from '../../src/demo/loop.js';

const CLIP = join(import.meta.dirname, '../../../examples/demo.flv');
const HEADER = Buffer.from('464c56010500000009' + '00000000', 'hex');

function tag(typeId: number, timestamp: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(typeId);
  head.writeUIntBE(payload.length, 1, 3);
  head.writeUIntBE(timestamp & 0xffffff, 4, 3);
  head.writeUInt8(timestamp >>> 24, 7);
  const back = Buffer.alloc(4);
  back.writeUInt32BE(head.length + payload.length);
  return Buffer.concat([head, payload, back]);
}

test('the demo clip has metadata, both codec setups and keyframes', async () => {
  const parsed = parseFlv(await readFile(CLIP));
  assert.ok(parsed.kind === 'value');
  const { tags } = parsed.value;
  assert.equal(tags[0]?.typeId, 18);
  assert.equal(tags.filter(isSequenceHeader).length, 2);
  assert.equal(tags.filter(({ typeId }) => typeId === 9).length, 150 + 2);
});

test('a cut at any byte is incomplete or falls between tags', () => {
  const first = tag(9, 0x1020304, Buffer.of(0x17, 1));
  const file = Buffer.concat([HEADER, first, tag(8, 5, Buffer.of(0xaf, 1))]);
  for (let size = 0; size < file.length; size++) {
    const parsed = parseFlv(file.subarray(0, size));
    const whole = size === HEADER.length || size === HEADER.length + first.length;
    assert.equal(
      parsed.kind,
      whole || (size >= 9 && size < 13) ? 'value' : 'incomplete',
      `${size}`,
    );
  }
  const parsed = parseFlv(file);
  assert.ok(parsed.kind === 'value');
  assert.equal(parsed.value.tags[0]?.timestamp, 0x1020304);
});

test('another file is invalid', () => {
  assert.equal(parseFlv(Buffer.from('RIFF0000AVI ')).kind, 'invalid');
});

test('frames go round with a frame of time at the seam', () => {
  const video = (timestamp: number) => ({ typeId: 9, timestamp, payload: Buffer.of(0x27, 1) });
  const setup = { typeId: 9, timestamp: 0, payload: Buffer.of(0x17, 0) };
  const { headers, frames } = splitClip([setup, video(10), video(50), video(90)]);
  assert.deepEqual(headers, [setup]);
  const endless = repeat(frames);
  const times = Array.from({ length: 7 }, () => endless.next().value.timestamp);
  assert.deepEqual(times, [0, 40, 80, 120, 160, 200, 240]);
  assert.equal(repeat([]).next().done, true);
});

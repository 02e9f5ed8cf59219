import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { safePath } from '../../src/origin/http/static-files.js';
import { logTime } from '../../src/origin/log.js';
import { parseSps } from '../../src/origin/media/avc-sps.js';
import { Batch } from '../../src/origin/media/batch.js';
import { flvTag, splitAggregate } from '../../src/origin/media/flv.js';
import { GopCache } from '../../src/origin/media/gop-cache.js';
import { toPacket } from '../../src/origin/media/packet.js';
import { Timeline } from '../../src/origin/media/timeline.js';

const key = Buffer.from([0x17, 1, 0, 0, 0]);
const inter = Buffer.from([0x27, 1, 0, 0, 0]);

describe('a timeline', () => {
  it('starts at 0 and keeps what a publisher sends', () => {
    const timeline = new Timeline();
    assert.deepEqual(
      [900, 940, 920, 980].map((time) => timeline.place(time)),
      [0, 40, 20, 80],
    );
  });

  it('goes on behind the last publisher', () => {
    const timeline = new Timeline();
    for (const time of [0, 1000]) timeline.place(time);
    timeline.restart();
    assert.deepEqual(
      [7, 47].map((time) => timeline.place(time)),
      [1010, 1050],
    );
  });

  it('bridges a clock that was set, and passes the 32-bit wrap', () => {
    const timeline = new Timeline();
    timeline.place(0xffff_fff0);
    assert.equal(timeline.place(0x10), 32);
    assert.equal(timeline.place(900_000), 42);
    assert.equal(timeline.place(100), 52);
  });
});

describe('a GOP cache', () => {
  const batch = (payload: Buffer): Batch => new Batch([toPacket(9, 0, payload)]);

  it('begins at a keyframe and holds one group', () => {
    const cache = new GopCache(true);
    cache.push(batch(inter));
    assert.equal(cache.batches.length, 0);
    for (const payload of [key, inter, inter]) cache.push(batch(payload));
    assert.equal(cache.batches.length, 3);
    cache.push(batch(key));
    assert.equal(cache.batches.length, 1);
  });

  it('gives a group up that grows without end', () => {
    const cache = new GopCache(true);
    cache.push(batch(key));
    for (let count = 0; count < 3000; count++) cache.push(batch(inter));
    assert.equal(cache.batches.length, 0);
  });

  it('holds nothing where it is off', () => {
    const cache = new GopCache(false);
    cache.push(batch(key));
    assert.equal(cache.batches.length, 0);
  });
});

describe('packets', () => {
  for (const [name, type, bytes, keyframe, sequenceHeader] of [
    ['AVC header', 9, [0x17, 0], false, true],
    ['AVC keyframe', 9, [0x17, 1], true, false],
    ['AVC frame', 9, [0x27, 1], false, false],
    ['enhanced HEVC header', 9, [0x90, 0x68], false, true],
    ['enhanced HEVC keyframe', 9, [0x91, 0x68], true, false],
    ['H.263 keyframe', 9, [0x12, 0], true, false],
    ['AAC header', 8, [0xaf, 0], false, true],
    ['AAC frame', 8, [0xaf, 1], false, false],
    ['MP3 frame', 8, [0x2f, 0], false, false],
    ['nothing', 9, [], false, false],
  ] as const) {
    it(`knows ${name}`, () => {
      const packet = toPacket(type, 0, Buffer.from(bytes));
      assert.deepEqual([packet.keyframe, packet.sequenceHeader], [keyframe, sequenceHeader]);
    });
  }
});

describe('FLV', () => {
  it('writes a tag that an aggregate of tags is read back from', () => {
    const tag = flvTag(toPacket(9, 0x01020304, key));
    assert.equal(tag.toString('hex'), '0900000502030401000000170100000000000010');
    const [part, ...rest] = splitAggregate(50, tag);
    assert.deepEqual(part, { typeId: 9, timestamp: 50, payload: key });
    assert.deepEqual(rest, []);
  });

  it('ends an aggregate at what does not fit', () => {
    const tag = flvTag(toPacket(9, 0, key));
    assert.deepEqual(splitAggregate(0, tag.subarray(0, 14)), []);
    assert.equal(splitAggregate(0, Buffer.concat([tag, tag.subarray(0, 14)])).length, 1);
  });
});

describe('an SPS', () => {
  it('tells the size of the picture', () => {
    const sps = '67f4000d919681 41fb0110000003001000000303 20f142aa'.replaceAll(' ', '');
    assert.deepEqual(parseSps(Buffer.from(sps, 'hex')), { width: 320, height: 240 });
    const fullHd = '6764001facd9405005bb011000000300100000030320f1831960';
    assert.deepEqual(parseSps(Buffer.from(fullHd, 'hex')), { width: 1280, height: 720 });
  });

  it('takes any bytes', () => {
    for (let size = 0; size < 40; size++) parseSps(Buffer.alloc(size, size * 7));
  });
});

describe('paths and times', () => {
  it('keeps a path below its directory', () => {
    assert.equal(safePath('/srv', '/a/../b.html'), '/srv/b.html');
    assert.equal(safePath('/srv', '/%2e%2e/%2e%2e/etc/passwd'), '/srv/etc/passwd');
    assert.equal(safePath('/srv', '/dir/'), '/srv/dir/index.html');
    assert.equal(safePath('/srv', '/%zz'), null);
  });

  it("prints times as SRS's log does", () => {
    assert.equal(logTime(new Date(2026, 0, 2, 3, 4, 5, 6)), '2026-01-02 03:04:05.006');
  });
});

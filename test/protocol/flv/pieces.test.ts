import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvPieces, type FlvPlace, headerTime } from '../../../src/protocol/flv/pieces.js';
import { parseTag } from '../../../src/protocol/flv/tag.js';
import {
  audioFrame,
  audioHeader,
  flvTagOf,
  interFrame,
  keyframe,
  METADATA,
  videoHeader,
} from '../../helpers/flv-bytes.js';

function add(pieces: FlvPieces, ...tags: readonly Buffer[]): void {
  for (const bytes of tags) {
    const tag = parseTag(bytes);
    assert.ok(tag.kind === 'value');
    pieces.add(tag.value);
  }
}

/** The times of the places among the tags. */
function placesIn(...tags: readonly Buffer[]): (number | undefined)[] {
  const pieces = new FlvPieces();
  add(pieces, ...tags);
  pieces.flush();
  return pieces.take().flatMap(({ place }) => place?.timestamp ?? []);
}

function bytesOf(place: FlvPlace | null | undefined): Buffer[] | undefined {
  return place?.headers.map(({ bytes }) => bytes);
}

test('a piece begins at each keyframe, with the headers that precede it', () => {
  const pieces = new FlvPieces();
  const head = [METADATA, audioHeader(), videoHeader()];
  const first = [keyframe(40), audioFrame(45), interFrame(80)];
  const second = [keyframe(1000), interFrame(1040)];
  add(pieces, ...head, ...first, ...second);
  pieces.flush();
  const [before, one, two, ...others] = pieces.take();
  assert.deepEqual(before, { tags: head, bytes: Buffer.concat(head).length, place: null });
  assert.deepEqual([one?.tags, two?.tags], [first, second]);
  assert.deepEqual([one?.place?.timestamp, bytesOf(one?.place)], [40, head]);
  assert.equal(two?.place?.timestamp, 1000);
  assert.deepEqual(others, []);
  assert.deepEqual(pieces.take(), []);
});

test('headers of a place are those of its time, with its time, and metadata with none', () => {
  const pieces = new FlvPieces();
  add(pieces, METADATA, videoHeader(1), keyframe(0), videoHeader(2), keyframe(70_000));
  pieces.flush();
  const [old, fresh] = pieces.take().flatMap(({ place }) => place ?? []);
  assert.deepEqual(bytesOf(old), [METADATA, videoHeader(1)]);
  assert.deepEqual(bytesOf(fresh), [METADATA, videoHeader(2)]);
  const times = fresh?.headers.map((tag) => headerTime(tag, fresh));
  assert.deepEqual(times, [0, 70_000]);
});

test('other script data than metadata are no header', () => {
  const pieces = new FlvPieces();
  add(pieces, flvTagOf(18, 5, Buffer.from('\x02\x00\x0aonCuePoint', 'latin1')), keyframe(10));
  pieces.flush();
  assert.deepEqual(pieces.take()[1]?.place?.headers, []);
});

test('a stream of audio alone can be joined every second, also where its time wraps', () => {
  const times = Array.from({ length: 100 }, (_, at) => (0xffffffff - 1000 + 23 * at) >>> 0);
  const places = placesIn(audioHeader(), ...times.map((time) => audioFrame(time)));
  assert.deepEqual(places, [times[0], times[44], times[88]]);
});

test('audio of a stream with video is no place, until video has been away for 3 s', () => {
  const audio = Array.from({ length: 250 }, (_, at) => audioFrame(1000 + 23 * at));
  const places = placesIn(videoHeader(), audioFrame(990), keyframe(1000), ...audio);
  assert.equal(places[0], 1000);
  assert.ok((places[1] ?? 0) >= 4000, `${places}`);
  assert.equal(placesIn(videoHeader(), audioFrame(0), interFrame(5)).length, 0);
});

test('a piece ends where it was flushed, and when it is long', () => {
  const pieces = new FlvPieces();
  add(pieces, keyframe(0), interFrame(40));
  pieces.flush();
  pieces.flush();
  add(pieces, interFrame(80, 300_000), interFrame(120));
  assert.deepEqual(
    pieces.take().map(({ tags, place }) => [tags.length, place !== null]),
    [
      [2, true],
      [1, false],
    ],
  );
  pieces.flush();
  assert.equal(pieces.take().length, 1);
});

test('keyframes of enhanced codecs are places, their configurations headers', () => {
  const hvc1 = Buffer.from('hvc1');
  const header = flvTagOf(9, 0, Buffer.concat([Buffer.of(0x90), hvc1]));
  const key = flvTagOf(9, 5, Buffer.concat([Buffer.of(0x91), hvc1]));
  const inter = flvTagOf(9, 9, Buffer.concat([Buffer.of(0xa1), hvc1]));
  const pieces = new FlvPieces();
  add(pieces, header, key, inter);
  pieces.flush();
  const [, place] = pieces.take();
  assert.deepEqual([place?.place?.timestamp, bytesOf(place?.place)], [5, [header]]);
  assert.deepEqual(place?.tags, [key, inter]);
});

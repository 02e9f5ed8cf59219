import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { advance, type Continuity } from '../../../src/protocol/hls/continuity.js';
import type { MediaPlaylist } from '../../../src/protocol/hls/playlist.js';

const WINDOW = 6;

/** A writer's list of segments of two seconds; as SRS, the first of all is discontinuous. */
function list(writer: string, from: number, to: number): MediaPlaylist {
  const numbers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const segments = numbers.map((number) => ({
    uri: `${writer}${number}`,
    seconds: 2,
    tags: ['#EXTINF:2.000,'],
    discontinuity: number === 0,
  }));
  const head = { tags: [], targetSeconds: 2, discontinuitySequence: 0, ended: false };
  return { ...head, sequence: from, segments };
}

function follow(...steps: [writer: string, from: number, to: number, count?: string][]) {
  return steps.reduce<Continuity | null>((state, [writer, from, to, count = '']) => {
    return advance(state, list(writer + count, from, to), writer, WINDOW);
  }, null)?.shown;
}

/** `3: a3 a4 |b0`: the first number, and the segments with their marks. */
function text(shown: MediaPlaylist | undefined): string {
  const segments = shown?.segments.map((one) => `${one.discontinuity ? '|' : ''}${one.uri}`);
  return `${shown?.sequence}: ${segments?.join(' ')}`;
}

describe('a stream that lives on one child', () => {
  it('is shown as its child lists it', () => {
    assert.equal(text(follow(['a', 0, 2])), '0: |a0 a1 a2');
    assert.equal(text(follow(['a', 0, 2], ['a', 0, 3])), '0: |a0 a1 a2 a3');
    assert.equal(text(follow(['a', 0, 3], ['a', 2, 5])), '2: a2 a3 a4 a5');
  });

  it('counts the marks that are no longer listed', () => {
    assert.equal(follow(['a', 0, 2])?.discontinuitySequence, 0);
    assert.equal(follow(['a', 0, 2], ['a', 1, 3])?.discontinuitySequence, 1);
  });

  it('goes on with its own numbers where nobody asked for long', () => {
    assert.equal(text(follow(['a', 0, 2], ['a', 50, 52])), '50: a50 a51 a52');
  });

  it('does not go back for an answer that comes late', () => {
    const state = advance(null, list('a', 2, 5), 'a', WINDOW);
    assert.equal(advance(state, list('a', 1, 4), 'a', WINDOW), state);
    assert.equal(advance(state, list('a', 2, 5), 'a', WINDOW), state);
    assert.equal(advance(state, list('a', 0, -1), 'a', WINDOW), state);
  });
});

describe('a stream that moves', () => {
  it('goes on in number, marked, with what was shown still listed', () => {
    assert.equal(text(follow(['a', 5, 8], ['b', 0, 0])), '6: a6 a7 a8 |b0');
    assert.equal(text(follow(['a', 5, 8], ['b', 0, 0], ['b', 0, 1])), '7: a7 a8 |b0 b1');
    const moved = follow(['a', 5, 8], ['b', 0, 1], ['b', 0, 4], ['b', 1, 5]);
    assert.equal(text(moved), '10: b1 b2 b3 b4 b5');
    assert.equal(moved?.discontinuitySequence, 1);
  });

  it('goes on where the same child counts from 0 again', () => {
    assert.equal(text(follow(['a', 5, 8], ['a', 0, 0, "'"])), "6: a6 a7 a8 |a'0");
    assert.equal(text(follow(['a', 5, 8], ['a', 0, 4, "'"])), "9: |a'0 a'1 a'2 a'3 a'4");
  });

  it('goes on where it comes back to a child that lists its old segments first', () => {
    const back = follow(['a', 5, 8], ['b', 0, 1], ['a', 5, 8], ['a', 5, 9]);
    assert.equal(text(back), '8: a8 |b0 b1 |a9');
    const late = follow(['a', 5, 8], ['b', 0, 4], ['a', 5, 8], ['a', 6, 9], ['a', 7, 10]);
    assert.equal(text(late), '12: b3 b4 |a9 a10');
  });

  it('has one number for one segment, and a mark at every joint, however it moves', () => {
    const move = fc.record({
      writer: fc.constantFrom('a', 'b', 'c'),
      grows: fc.integer({ min: 0, max: 4 }),
      restarts: fc.boolean(),
    });
    fc.assert(fc.property(fc.array(move, { maxLength: 40 }), checkMoves));
  });
});

interface Move {
  readonly writer: string;
  readonly grows: number;
  readonly restarts: boolean;
}

/** Polls after each move; what a viewer has seen must never be contradicted. */
function checkMoves(moves: readonly Move[]): void {
  const heads = new Map<string, { life: number; last: number }>();
  const numbers = new Map<string, number>();
  let state: Continuity | null = null;
  let shown: MediaPlaylist | null = null;
  for (const { writer, grows, restarts } of moves) {
    const before = heads.get(writer) ?? { life: 0, last: -1 };
    const head = restarts && grows > 0 ? { life: before.life + 1, last: -1 } : before;
    const last = head.last + grows;
    heads.set(writer, { ...head, last });
    if (last < 0) continue;
    const now = list(`${writer}.${head.life}.`, Math.max(0, last - 3), last);
    state = advance(state, now, writer, WINDOW);
    if (shown !== null) checkStep(shown, state.shown);
    shown = state.shown;
    shown.segments.forEach(({ uri }, at) => {
      const number = (shown?.sequence ?? 0) + at;
      assert.equal(numbers.get(uri) ?? number, number, uri);
      numbers.set(uri, number);
    });
  }
}

function checkStep(before: MediaPlaylist, after: MediaPlaylist): void {
  assert.ok(after.sequence >= before.sequence);
  const ends = (one: MediaPlaylist) => one.sequence + one.segments.length;
  assert.ok(ends(after) >= ends(before));
  assert.ok(after.discontinuitySequence >= before.discontinuitySequence);
  after.segments.slice(1).forEach((segment, at) => {
    const [life, previous] = [segment.uri, after.segments[at]?.uri ?? ''].map((uri) =>
      uri.slice(0, uri.lastIndexOf('.')),
    );
    if (life !== previous) assert.ok(segment.discontinuity, `${previous} to ${segment.uri}`);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Conduct,
  countSigns,
  medianOf,
  NO_STREAKS,
  outlierBy,
} from '../../src/child/outlier.js';

const WELL: Conduct = { probeMs: 4, refusals: 0, stalledMs: 0 };
const SLOW = { probeMs: 900 };
const REFUSES = { refusals: 1 };
const STALLED = { stalledMs: 10_000 };

/** Conduct, medians of the others, looks, and the verdict. */
const TABLE: [string, Partial<Conduct>, number[], number, RegExp | null][] = [
  ['a child as others', {}, [4, 5, 3], 100, null],
  ['slow for a moment', SLOW, [4, 5, 3], 14, null],
  ['slow for half a minute', SLOW, [4, 5, 3], 15, /^its answers take 900 ms, those of others/],
  ['slow as others are', SLOW, [700, 4, 800], 100, null],
  ['slow, a quarter of that is usual', SLOW, [225, 225], 15, /answers take 900 ms/],
  ['slow, a little more is usual', SLOW, [226, 226], 100, null],
  ['slower than others, and quick', { probeMs: 399 }, [1, 1], 100, null],
  ['slow, and nobody to compare with', SLOW, [], 100, null],
  ['too few answers', { probeMs: null }, [4], 100, null],
  ['a port that refused us twice', REFUSES, [4], 2, null],
  ['a port that refused us three times', REFUSES, [4], 3, /^its RTMP port takes no connections$/],
  ['stalled for ever', { stalledMs: 1e9 }, [4], 1000, null],
  ['slow and stalled at one look', { ...SLOW, ...STALLED }, [4], 1, null],
  ['slow and stalled at two looks', { ...SLOW, ...STALLED }, [4], 2, /take 900 ms.*; .*for 10 s/],
  ['slow and stalled too short', { ...SLOW, stalledMs: 9999 }, [4], 2, null],
  ['stalled and refusing', { ...REFUSES, ...STALLED }, [4], 2, /no connections; it has sent/],
];

test('two signs together, or one that lasts, are an outlier', () => {
  for (const [name, part, others, looks, verdict] of TABLE) {
    const conduct = { ...WELL, ...part };
    let streaks = NO_STREAKS;
    for (let look = 0; look < looks; look++) streaks = countSigns(streaks, conduct, () => others);
    const why = outlierBy(streaks, conduct);
    if (verdict === null) assert.equal(why, null, name);
    else assert.match(why ?? 'none', verdict, name);
  }
});

test('a sign that is gone for one look begins anew', () => {
  let streaks = NO_STREAKS;
  for (let look = 0; look < 30; look++) {
    const conduct = look === 14 ? WELL : { ...WELL, ...SLOW };
    streaks = countSigns(streaks, conduct, () => [4]);
    assert.equal(outlierBy(streaks, conduct) === null, look < 29, `look ${look}`);
  }
});

test('the median', () => {
  assert.deepEqual([[], [3], [9, 1], [5, 1, 100]].map(medianOf), [null, 3, 9, 5]);
});

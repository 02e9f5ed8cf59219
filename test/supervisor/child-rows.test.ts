import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notesOf } from '../../src/admin/notes.js';
import { type RowFacts, rowOf } from '../../src/supervisor/child-rows.js';
import { CHILDREN } from '../admin/fixtures.js';

const [STATUS] = CHILDREN;
const LIMITS = { maxConnections: 10, maxStreams: 3, maxBitrate: 0, slowStartSeconds: 30 };
const FACTS: RowFacts = { streams: 1, clients: 2, bitrate: 5e6, limits: LIMITS, now: 100_000 };

function whyOf(part: object, facts: Partial<RowFacts> = {}): string | null {
  assert.ok(STATUS);
  return rowOf({ ...STATUS, readySince: 0, ...part }, { ...FACTS, ...facts }).why;
}

test('a ready child tells why it gets fewer new streams', () => {
  assert.equal(whyOf({}), null);
  assert.equal(
    whyOf({}, { streams: 3 }),
    'it gets no new streams: it has 3 of 3 streams (children.maxStreams)',
  );
  assert.equal(
    whyOf({ readySince: 88_000 }),
    'slow start: it has its full share of new streams in 18 s',
  );
  assert.equal(whyOf({ readySince: 88_000, generation: 1 }), null);
  assert.equal(whyOf({ why: 'it is slow' }, { streams: 3 }), 'it is slow');
  assert.equal(whyOf({ state: 'draining', why: null }, { streams: 3 }), null);
});

test('children that are not simply ready are noted', () => {
  assert.ok(STATUS);
  const well = rowOf({ ...STATUS, readySince: 0 }, FACTS);
  const rows = [
    well,
    { ...well, id: 'c002', health: 'silent' as const, why: 'its API does not answer' },
    { ...well, id: 'c003', ejected: true, why: 'it is slow' },
    { ...well, id: 'c004', state: 'draining' as const },
    { ...well, id: 'c005', why: 'slow start' },
  ];
  assert.deepEqual(
    notesOf(rows).map(({ id, state }) => `${id} ${state}`),
    ['c002 silent', 'c003 ejected', 'c004 draining', 'c005 ready'],
  );
});

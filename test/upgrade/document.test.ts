import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize } from 'node:v8';
import { z } from 'zod';
import { decodeHandover, encodeHandover, partOf } from '../../src/upgrade/document.js';

const PART = {
  name: 'pairs',
  schema: z.array(z.object({ fd: z.number(), bytes: z.instanceof(Uint8Array) })),
};

const HANDOVER = {
  version: '1.2.3',
  script: '/opt/srs-supervisor/bin/srs-supervisor.js',
  upgrades: 2,
  stoppedAt: 1_700_000_000_000,
  cut: { srt: 3 },
  failure: null,
  isEnding: true,
  descriptors: [7, 8],
  parts: { pairs: [{ fd: 7, bytes: Uint8Array.of(1, 2, 3) }] },
};

describe('the state that one program leaves to the next one', () => {
  it('comes out as it went in, bytes included', () => {
    const handover = decodeHandover(encodeHandover(HANDOVER));
    assert.deepEqual({ ...handover, format: undefined }, { ...HANDOVER, format: undefined });
    const [pair] = partOf(handover, PART) ?? [];
    assert.deepEqual([...(pair?.bytes ?? [])], [1, 2, 3]);
  });

  it('ends nothing where the program before knew no such order', () => {
    const { isEnding, ...older } = HANDOVER;
    assert.equal(decodeHandover(serialize({ format: 1, ...older })).isEnding, false);
    assert.equal(isEnding, true);
  });

  it('has no part that the program before did not know', () => {
    const handover = decodeHandover(encodeHandover(HANDOVER));
    assert.equal(partOf(handover, { name: 'new', schema: z.string() }), null);
  });

  it('is refused in one line if it has another format, or is none', () => {
    const other = serialize({ ...HANDOVER, format: 99 });
    assert.throws(() => decodeHandover(other), /^Error: [^\n]*its format is 99, not 1$/);
    assert.throws(() => decodeHandover(Buffer.from('no state')), /^Error: [^\n]*cannot be read/);
    assert.throws(() => decodeHandover(serialize(null)), /^Error: [^\n]*not understood/);
    for (let size = 0; size < 40; size++) {
      assert.throws(() => decodeHandover(encodeHandover(HANDOVER).subarray(0, size)), Error);
    }
  });

  it('names the part and the value that is not understood', () => {
    const parts = { pairs: [{ fd: 'seven', bytes: Uint8Array.of() }] };
    const handover = decodeHandover(encodeHandover({ ...HANDOVER, parts }));
    assert.throws(() => partOf(handover, PART), /^Error: [^\n]*pairs: 0\.fd: /);
  });
});

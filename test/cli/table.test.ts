import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Column, table } from '../../src/cli/table.js';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', elastic: true },
  { title: 'N', align: 'right' },
  { title: 'TEXT', elastic: true },
];

test('columns are as narrow as they can be', () => {
  const rows = [
    ['a', '1', 'x'],
    ['bcdefg', '234', ''],
  ];
  assert.equal(
    table(COLUMNS, rows, 80),
    'NAME      N  TEXT\n' + 'a         1  x\n' + 'bcdefg  234\n',
  );
});

test('the widest cells are cut to the width', () => {
  const rows = [['short', '1', 'a text that is far too long for this']];
  assert.equal(table(COLUMNS, rows, 24), 'NAME   N  TEXT\nshort  1  a text that i…\n');
});

test('no line is wider than the terminal, and none steers it', () => {
  const row = fc.tuple(fc.string({ unit: 'binary' }), fc.string({ maxLength: 3 }), fc.string());
  fc.assert(
    fc.property(fc.array(row), fc.integer({ min: 30, max: 80 }), (rows, width) => {
      const text = table(COLUMNS, rows, width);
      const lines = text.slice(0, -1).split('\n');
      assert.equal(lines.length, rows.length + 1);
      for (const line of lines) {
        assert.ok([...line].length <= width, line);
        assert.doesNotMatch(line, /\p{Cc}/u);
      }
    }),
  );
});

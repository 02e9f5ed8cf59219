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

test('without a width nothing is cut', () => {
  const long = 'x'.repeat(500);
  assert.equal(table(COLUMNS, [[long, '1', 'y']], null).split('\n')[1], `${long}  1  y`);
});

test('East Asian letters and emoji take two columns, marks none', () => {
  const rows = [
    ['直播', '1', 'a'],
    ['ｗide', '1', 'b'],
    ['e\u0301té', '1', 'c'],
    ['👩\u{1f3fd}x', '1', 'd'],
    ['한국', '1', 'e'],
  ];
  assert.equal(
    table(COLUMNS, rows, 80),
    `NAME   N  TEXT\n直播   1  a\nｗide  1  b\ne\u0301té    1  c\n👩\u{1f3fd}x    1  d\n한국   1  e\n`,
  );
  assert.equal(
    table([{ title: 'NAME', elastic: true }], [['直播直播直播']], 9),
    'NAME\n直播直播…\n',
  );
});

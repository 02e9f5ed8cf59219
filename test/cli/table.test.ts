import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PLAIN, paintFor } from '../../src/cli/paint.js';
import { type Column, NO_SCREEN, type Screen, table } from '../../src/cli/table.js';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', elastic: true },
  { title: 'N', align: 'right' },
  { title: 'TEXT', elastic: true },
];

function wide(width: number): Screen {
  return { width, paint: PLAIN };
}

test('columns are as narrow as they can be', () => {
  const rows = [
    ['a', '1', 'x'],
    ['bcdefg', '234', ''],
  ];
  assert.equal(
    table(COLUMNS, rows, wide(80)),
    'NAME      N  TEXT\n' + 'a         1  x\n' + 'bcdefg  234\n',
  );
});

test('the widest cells are cut to the width', () => {
  const rows = [['short', '1', 'a text that is far too long for this']];
  assert.equal(table(COLUMNS, rows, wide(24)), 'NAME   N  TEXT\nshort  1  a text that i…\n');
});

test('optional columns are left out before any cell is cut, the last one first', () => {
  const columns = [
    { title: 'NAME', elastic: true },
    { title: 'FIRST', optional: true },
    { title: 'SECOND', optional: true },
    { title: 'END' },
  ];
  const rows = [['a name', 'one', 'two', 'x']];
  const titles = (width: number) => table(columns, rows, wide(width)).split('\n')[0];
  assert.equal(titles(26), 'NAME    FIRST  SECOND  END');
  assert.equal(titles(25), 'NAME    FIRST  END');
  assert.equal(titles(17), 'NAME    END');
});

test('no line is wider than the terminal, and none steers it', () => {
  const row = fc.tuple(fc.string({ unit: 'binary' }), fc.string({ maxLength: 3 }), fc.string());
  fc.assert(
    fc.property(fc.array(row), fc.integer({ min: 30, max: 80 }), (rows, width) => {
      const text = table(COLUMNS, rows, wide(width));
      const lines = text.slice(0, -1).split('\n');
      assert.equal(lines.length, rows.length + 1);
      for (const line of lines) {
        assert.ok([...line].length <= width, line);
        assert.doesNotMatch(line, /\p{Cc}/u);
      }
    }),
  );
});

test('without a width nothing is left out or cut', () => {
  const long = 'x'.repeat(500);
  const columns = COLUMNS.map((column) => ({ ...column, optional: true }));
  assert.equal(table(columns, [[long, '1', 'y']], NO_SCREEN).split('\n')[1], `${long}  1  y`);
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
    table(COLUMNS, rows, wide(80)),
    `NAME   N  TEXT\n直播   1  a\nｗide  1  b\ne\u0301té    1  c\n👩\u{1f3fd}x    1  d\n한국   1  e\n`,
  );
  assert.equal(
    table([{ title: 'NAME', elastic: true }], [['直播直播直播']], wide(9)),
    'NAME\n直播直播…\n',
  );
});

test('tones and titles are painted, and blanks are not', () => {
  const paint = paintFor({ isTTY: true, write: () => {} }, {});
  const rows = [
    [{ text: 'ab', tone: 'bad' as const }, { text: '1', tone: 'good' as const }, 'x'],
    ['abcdef', '22', { text: 'plain', tone: null }],
  ];
  const text = table(COLUMNS, rows, { width: 80, paint });
  const [bold, red, green] = ['\x1b[1m', '\x1b[31m', '\x1b[32m'];
  assert.equal(
    text,
    `${bold}NAME\x1b[22m     ${bold}N\x1b[22m  ${bold}TEXT\x1b[22m\n` +
      `${red}ab\x1b[39m       ${green}1\x1b[39m  x\n` +
      'abcdef  22  plain\n',
  );
});

test('nothing is painted off a terminal, by NO_COLOR, and on a dumb terminal', () => {
  const terminal = { isTTY: true, write: () => {} };
  assert.equal(paintFor({ write: () => {} }, {}), PLAIN);
  assert.equal(paintFor(terminal, { NO_COLOR: '1' }), PLAIN);
  assert.equal(paintFor(terminal, { TERM: 'dumb' }), PLAIN);
  assert.notEqual(paintFor(terminal, { NO_COLOR: '' }), PLAIN);
});

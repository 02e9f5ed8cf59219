import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressLine, sizeOf, terminalWidth } from '../../src/cli/output.js';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test('a progress line is written over, and lines go above it', () => {
  const terminal = screen(true);
  const progress = new ProgressLine(terminal);
  progress.show('1 of 2');
  progress.above('a log line\n');
  progress.show('');
  progress.above('another\n');
  assert.deepEqual(terminal.written, [
    '\r\x1b[K1 of 2',
    '\r\x1b[Ka log line\n1 of 2',
    '\r\x1b[K',
    'another\n',
  ]);
});

test('where there is no terminal only whole lines are written', () => {
  const file = screen(false);
  const progress = new ProgressLine(file);
  progress.show('1 of 2');
  progress.above('a log line\n');
  assert.deepEqual(file.written, ['a log line\n']);
});

test('a terminal without a window counts as 80x24', () => {
  assert.deepEqual(sizeOf({ columns: 0, rows: 0 }), { columns: 80, rows: 24 });
  assert.deepEqual(sizeOf({}), { columns: 80, rows: 24 });
  assert.deepEqual(sizeOf({ columns: 132, rows: 50 }), { columns: 132, rows: 50 });
});

test('lines are as wide as the terminal, 80 where it tells no width, any elsewhere', () => {
  const terminal = screen(true);
  assert.equal(terminalWidth(terminal, [{ columns: 0 }, { columns: 40 }]), 80);
  assert.equal(terminalWidth(terminal, [{}, { columns: 132 }]), 132);
  assert.equal(terminalWidth(terminal, [{}, {}]), 80);
  assert.equal(terminalWidth(screen(false), [{ columns: 132 }]), null);
});

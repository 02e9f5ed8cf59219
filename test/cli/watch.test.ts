import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { watch, watchSeconds } from '../../src/cli/watch.js';
import { SupervisorError } from '../../src/errors.js';

interface Rig {
  /** Texts of the looks; an error is thrown. */
  readonly looks: readonly (string | Error)[];
  readonly size: { columns: number; rows: number } | null;
}

/** Watches until the looks are over; returns what was written. */
async function written({ looks, size }: Rig): Promise<string[]> {
  const texts: string[] = [];
  const interrupted = new AbortController();
  const left = [...looks];
  const look = async () => {
    const next = left.shift();
    if (next instanceof Error) throw next;
    if (next !== undefined) return next;
    interrupted.abort();
    return '';
  };
  const stdout = { write: (text: string) => void texts.push(text) };
  const options = { stdout, seconds: 0.001, size: () => size, interrupted: interrupted.signal };
  await watch(look, options);
  return texts;
}

test('off a terminal each look stands below the last one', async () => {
  const texts = await written({ looks: ['a\n', 'b\n'], size: null });
  assert.deepEqual(texts, ['a\n\n', 'b\n\n']);
});

test('a terminal shows the last look alone, and is left as it was', async () => {
  const texts = await written({ looks: ['one\ntwo\n'], size: { columns: 40, rows: 24 } });
  const lines = ['one', 'two', '', 'every 0.001 s, Ctrl-C ends it'];
  const shown = lines.map((line) => `${line}\x1b[K`).join('\n');
  assert.deepEqual(texts, ['\x1b[?1049h\x1b[?25l', `\x1b[H${shown}\x1b[J`, '\x1b[?25h\x1b[?1049l']);
});

test('what is higher than the terminal is cut, and counted', async () => {
  const text = Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join('');
  const [, screen = ''] = await written({ looks: [text], size: { columns: 60, rows: 10 } });
  const lines = stripVTControlCharacters(screen).split('\n');
  assert.deepEqual([lines.length, lines[0], lines[7], lines[8]], [10, 'line 0', 'line 7', '']);
  assert.match(lines[9] ?? '', /^22 more lines: --limit or a filter shows fewer; every /);
  for (const line of lines) assert.ok(line.length < 60, line);
});

test('a supervisor that is away is waited for, once it was there', async () => {
  const away = new SupervisorError('ERR_ADMIN', 'no supervisor answers');
  const texts = await written({ looks: ['a\n', away, 'b\n'], size: null });
  assert.deepEqual(texts, ['a\n\n', 'no supervisor answers\n\n', 'b\n\n']);
  await assert.rejects(written({ looks: [away], size: null }), away);
  const fault = new TypeError('a mistake of ours');
  await assert.rejects(written({ looks: ['a\n', fault], size: null }), fault);
});

test('seconds between looks', () => {
  assert.equal(watchSeconds(undefined), null);
  assert.equal(watchSeconds(true), 2);
  assert.equal(watchSeconds('0.5'), 0.5);
  for (const bad of ['0', '-1', 'x', '1e3', '']) {
    assert.throws(() => watchSeconds(bad), { code: 'ERR_USAGE' }, bad);
  }
});

import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type LogsOrder, showLogs } from '../../src/cli/logs.js';
import { TailedFile } from '../../src/system/tail.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'srs-logs-'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('the last lines of a file of any size, and then what is added', async () => {
  const path = join(folder, 'c001.log');
  const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} ${'x'.repeat(i % 90)}`);
  await writeFile(path, `${lines.join('\n')}\nhalf`);
  for (const count of [0, 1, 700, 3000, 9000]) {
    const file = new TailedFile(path);
    assert.deepEqual(await file.last(count), count === 0 ? [] : lines.slice(-count), `${count}`);
    await file.close();
  }
  const file = new TailedFile(path);
  await file.last(1);
  assert.deepEqual(await file.more(), []);
  await appendFile(path, ' a line\nand\n');
  assert.deepEqual(await file.more(), ['half a line', 'and']);
  await file.close();
});

test('a file that is rotated goes on in the next, one that is cut begins anew', async () => {
  const path = join(folder, 'c002.log');
  await writeFile(path, 'one\n');
  const file = new TailedFile(path);
  assert.deepEqual(await file.last(10), ['one']);
  await appendFile(path, 'two\n');
  await rename(path, `${path}.1`);
  assert.deepEqual(await file.more(), []);
  await appendFile(`${path}.1`, 'three\n');
  await writeFile(path, 'four\n');
  const rest = [...(await file.more()), ...(await file.more()), ...(await file.more())];
  assert.deepEqual(
    rest.filter((line) => line !== 'two'),
    ['three', 'four'],
  );
  await truncate(path);
  await file.more();
  await appendFile(path, 'five\n');
  assert.deepEqual(await file.more(), ['five']);
  await file.close();
});

async function shown(order: Partial<LogsOrder>, workDir: string): Promise<string> {
  const texts: string[] = [];
  await showLogs(
    { follow: false, ...order },
    {
      workDir,
      port: { address: { host: '127.0.0.1', port: 1 }, token: null },
      stdout: { write: (lines: string) => void texts.push(lines), drain: async () => null },
      interrupted: new AbortController().signal,
    },
  );
  return texts.join('');
}

test('lines of all children come by time, without colours and controls', async () => {
  const workDir = join(folder, 'box');
  await mkdir(join(workDir, 'logs'), { recursive: true });
  const at = (second: number, text: string) => `[2026-01-02 03:04:0${second}.000]${text}\n`;
  await writeFile(join(workDir, 'logs/c001.log'), `${at(1, 'a')}${at(4, 'd')}  more of d\n`);
  const red = `\x1b[31m[2026-01-02 03:04:02.000]b\x07\x1b[0m\n`;
  await writeFile(join(workDir, 'logs/c002.log'), `${red}${at(3, 'c')}`);
  await writeFile(join(workDir, 'logs/other.log'), at(0, 'x'));
  assert.deepEqual((await shown({}, workDir)).trimEnd().split('\n'), [
    'c001 | [2026-01-02 03:04:01.000]a',
    'c002 | [2026-01-02 03:04:02.000]b?',
    'c002 | [2026-01-02 03:04:03.000]c',
    'c001 | [2026-01-02 03:04:04.000]d',
    'c001 |   more of d',
  ]);
  assert.equal(await shown({ child: 'c002', lines: '1' }, workDir), at(3, 'c'));
  const refusals: [Partial<LogsOrder>, string, RegExp][] = [
    [{ child: 'c009' }, workDir, /^logs: no log of c009 in \S+; there: c001 to c002$/],
    [{ child: '../x' }, workDir, /^logs: no log of \.\.\/x in /],
    [{}, join(folder, 'nope'), /^logs: \S+: no such file or directory; name the configuration/],
    [{ lines: 'x' }, workDir, /^-n: must be a whole number 0-999999, got "x"$/],
  ];
  for (const [order, where, message] of refusals) {
    await assert.rejects(shown(order, where), { code: 'ERR_USAGE', message });
  }
});

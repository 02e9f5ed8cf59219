import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const SRC = join(import.meta.dirname, '../../src/system');

/** Prints the priority of a process that has raised its own, its session's, and its program's. */
const SCRIPT = `
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { raisePriority } from '${SRC}/priority.js';
import { startProgram } from '${SRC}/run-program.js';
const isRaised = raisePriority();
const { child, pid } = await startProgram(['sleep', '60']);
const group = (path) => { try { return readFileSync(path, 'utf8').trim(); } catch { return ''; } };
const session = group('/proc/self/autogroup');
console.log(JSON.stringify([isRaised, getPriority(), getPriority(pid), session]));
child.kill();
`;

/** [raised, own priority, the program's, the session's line]. */
function priorities(...behind: string[]): [boolean, number, number, string] {
  const command = [process.execPath, '--input-type=module', '-e', SCRIPT];
  const [program = '', ...args] = [...behind, ...command];
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as [boolean, number, number, string];
}

const isRoot = process.getuid?.() === 0;

test('we precede the programs that we start, from whatever priority', { skip: !isRoot }, () => {
  assert.deepEqual(priorities().slice(0, 3), [true, -5, 0]);
  assert.deepEqual(priorities('nice', '-n', '7').slice(0, 3), [true, 2, 7]);
  assert.deepEqual(priorities('nice', '-n', '-18').slice(0, 3), [true, -20, -18]);
});

test('a session of ours is raised, a terminal with other programs is not', {
  skip: !isRoot,
}, () => {
  if (!existsSync('/proc/self/autogroup')) return;
  assert.match(priorities('setsid', '--wait')[3], /nice -5$/);
  assert.match(priorities('setsid', '--wait', 'sh', '-c', '"$@"; :', 'sh')[3], /nice 0$/);
});

test('without the right to it nothing changes', { skip: !isRoot }, () => {
  const without = ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'];
  assert.deepEqual(priorities(...without).slice(0, 3), [false, 0, 0]);
});

/**
 * Every command's screen, in a terminal of 80x24. With `SCREENS=FOLDER` each is also written to a
 * file there, to be read by people.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildProgram, type CliActions } from '../../src/cli/program.js';
import { isInside, NO_NAMESPACES, runInside } from '../helpers/namespaces.js';
import { BIN, ROOT } from '../helpers/paths.js';
import { NO_TMUX, type Shot, Terminal } from '../helpers/terminal.js';
import { BOUNDED } from '../helpers/until.js';

const COLUMNS = 80;
const { SCREENS } = process.env;
const COMMANDS = buildProgram({} as CliActions, '0').commands.map((command) => command.name());
const RUN = 'srs-supervisor run --demo --children 2 --srs srs-bin/mini-srs';

/** Name -> command and exit code, before a start. */
const BEFORE: Readonly<Record<string, readonly [command: string, code: number]>> = {
  help: ['srs-supervisor --help', 0],
  ...Object.fromEntries(
    COMMANDS.map((name) => [`help of ${name}`, [`srs-supervisor ${name} --help`, 0]]),
  ),
  'no command': ['srs-supervisor', 2],
  check: ['srs-supervisor check --srs srs-bin/mini-srs', 0],
  'check that fails': ['srs-supervisor check --srs ./nope --rtmp 203.0.113.9:1935', 2],
  plan: ['srs-supervisor plan --children 4', 0],
  unit: ['srs-supervisor unit', 0],
  'no supervisor': ['srs-supervisor status', 1],
  'an unknown flag': ['srs-supervisor run --rtpm 1935', 2],
  'an unknown key': ['srs-supervisor run -c key.yaml', 2],
  'a value of the wrong type': ['srs-supervisor run -c type.yaml', 2],
  'no YAML': ['srs-supervisor run -c broken.yaml', 2],
  'no config': ['srs-supervisor run -c nope.yaml', 2],
  'no program': ['srs-supervisor run --srs ./nope', 2],
  'no right to the work directory': ['srs-supervisor run --workdir /proc/x', 2],
  'few descriptors': ['ulimit -n 256; srs-supervisor run --srs srs-bin/mini-srs', 2],
  'an address of another machine': ['srs-supervisor run --rtmp 203.0.113.9:1935', 2],
  'no registry': ['srs-supervisor run --registry redis://127.0.0.1:1', 2],
};

/** Beside a box that serves. */
const BESIDE: Readonly<Record<string, readonly [command: string, code: number]>> = {
  status: ['srs-supervisor status', 0],
  children: ['srs-supervisor children', 0],
  streams: ['srs-supervisor streams', 0],
  clients: ['srs-supervisor clients --sort for', 0],
  'an unknown order': ['srs-supervisor clients --sort size', 2],
  'a second box': ['srs-supervisor run --srs srs-bin/mini-srs', 2],
};

let folder = '';
let env: NodeJS.ProcessEnv = {};

async function makeFolder(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'srs-screens-'));
  await mkdir(join(folder, 'programs'));
  const script = `#!/bin/sh\nexec ${process.execPath} ${BIN} "$@"\n`;
  await writeFile(join(folder, 'programs/srs-supervisor'), script, { mode: 0o755 });
  await symlink(join(ROOT, 'srs-bin'), join(folder, 'srs-bin'));
  await writeFile(join(folder, 'key.yaml'), 'listen:\n  rtmpp: 1935\n');
  await writeFile(join(folder, 'type.yaml'), 'children: { maxConnections: [1] }\n');
  await writeFile(join(folder, 'broken.yaml'), 'listen:\n\trtmp: 1935\n');
  env = { PATH: `${join(folder, 'programs')}:${process.env.PATH}`, TMPDIR: folder };
}

function keep(name: string, { shown }: Shot): void {
  if (SCREENS === undefined) return;
  mkdirSync(SCREENS, { recursive: true });
  writeFileSync(join(SCREENS, `${name.replaceAll(' ', '-')}.txt`), `${shown.join('\n')}\n`);
}

/** Asserts that the terminal broke no line, and that nothing was cut. */
function assertFits({ shown, joined }: Shot): void {
  // A command that people copy stays in one line.
  const texts = joined.filter((line) => !line.startsWith('publish '));
  for (const line of texts) assert.ok(shown.includes(line), `the terminal broke a line: ${line}`);
  for (const line of texts) {
    assert.ok(line.length <= COLUMNS, line);
    assert.doesNotMatch(line, /\w…|\p{Cc}|^\s+at |default: "/u);
  }
}

/** Asserts that the cells of a table stand below their titles, at the left or the right edge. */
function assertAligned({ shown }: Shot): void {
  const at = shown.findIndex((line) =>
    /^[A-Z]+(?: ?[A-Z]+)*(?: {2,}[A-Z]+(?: [A-Z]+)*)+$/.test(line),
  );
  if (at === -1) return;
  const titles = [...(shown[at] ?? '').matchAll(/[A-Z]+(?: [A-Z]+)*/g)];
  const below = shown.slice(at + 1);
  const rows = below.slice(0, below.indexOf(''));
  assert.ok(rows.length > 0, shown.join('\n'));
  for (const row of rows) {
    for (const { 0: title, index } of titles) {
      if (row.length <= index) continue;
      const [first, last] = [row[index] ?? ' ', row[index + title.length - 1] ?? ' '];
      assert.ok(first !== ' ' || last !== ' ', `${title}\n${shown[at]}\n${row}`);
      const isLeft = first !== ' ' && (index === 0 || row[index - 1] === ' ');
      const isRight = last !== ' ' && (row[index + title.length] ?? ' ') === ' ';
      assert.ok(isLeft || isRight, `${title}\n${shown[at]}\n${row}`);
    }
  }
}

function assertScreens(screens: typeof BEFORE): void {
  for (const [name, [command, expected]] of Object.entries(screens)) {
    it(name, async () => {
      const terminal = Terminal.open(command, { cwd: folder, env });
      try {
        const { shot, code } = await terminal.ended();
        keep(name, shot);
        assert.equal(code, expected, shot.joined.join('\n'));
        assertFits(shot);
        assertAligned(shot);
      } finally {
        terminal.close();
      }
    });
  }
}

if (isInside) {
  before(makeFolder);
  after(() => rm(folder, { recursive: true, force: true }));

  describe('screens before a start', BOUNDED, () => assertScreens(BEFORE));

  describe('screens beside a box', BOUNDED, () => {
    let box: Terminal;
    let first: Shot;
    before(async () => {
      const own = { ...env, SRS_SUPERVISOR_WORK_DIR: join(folder, 'run') };
      box = Terminal.open(RUN, { cwd: ROOT, env: own });
      first = await box.shows(/Ctrl-C/);
      keep('first screen', first);
    });
    after(() => box?.close());

    it('of the start itself', () => {
      assertFits(first);
      assertAligned(first);
    });

    assertScreens(BESIDE);

    it('of its end', async () => {
      box.press('C-c');
      const { shot, code } = await box.ended();
      keep('end', shot);
      assert.equal(code, 0);
    });
  });
}

describe('screens', { ...BOUNDED, skip: NO_NAMESPACES || NO_TMUX || isInside }, () => {
  it('fit a terminal of 80x24', async () => {
    const { code, output } = await runInside(import.meta.filename);
    assert.equal(code, 0, output);
  });
});

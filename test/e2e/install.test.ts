import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT } from '../helpers/paths.js';

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly engines?: { readonly node?: string } }>
  >;
}

/** Tells whether one of a range's alternatives begins at Node 20.19 or before. */
function admitsNode20(range: string): boolean {
  return range.split('||').some((part) => {
    const [, major = '0', minor = '0'] = /(\d+)(?:\.(\d+))?/.exec(part) ?? [];
    return Number(major) < 20 || (Number(major) === 20 && Number(minor) <= 19);
  });
}

function run(cwd: string, ...words: string[]) {
  const [program = '', ...args] = words;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('an installation', { timeout: 120_000 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'srs-install-e2e-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A copy of some of the project, in a folder of its own. */
  function copy(...names: readonly string[]): string {
    const path = mkdtempSync(join(folder, 'copy-'));
    for (const name of names) {
      mkdirSync(join(path, name, '..'), { recursive: true });
      cpSync(join(ROOT, name), join(path, name), { recursive: true });
    }
    return path;
  }

  it('takes no package that Node 20 is too old for', () => {
    const lock: Lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const wanted = Object.entries(lock.packages).filter(([, { dev }]) => !dev);
    assert.ok(wanted.length > 50);
    const tooNew = wanted.filter(([, { engines }]) => !admitsNode20(engines?.node ?? '*'));
    assert.deepEqual(
      tooNew.map(([name]) => name),
      [],
    );
  });

  it('comes from a tarball with a shrinkwrap, and without maps, types and tests', () => {
    const built = statSync(join(ROOT, 'dist')).ino;
    const { stdout, stderr } = run(ROOT, 'npm', 'pack', '--json', '--pack-destination', folder);
    const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))) as {
      readonly filename: string;
      readonly files: readonly { readonly path: string }[];
    }[];
    assert.ok(packed, stderr);
    const paths = packed.files.map(({ path }) => path);
    assert.deepEqual(
      paths.filter((path) => /\.map$|\.d\.ts$|(^|\/)test\//.test(path)),
      [],
    );
    for (const path of ['dist/src/main.js', 'dist/pages/players/index.html', 'examples/demo.flv']) {
      assert.ok(paths.includes(path), path);
    }
    assert.equal(statSync(join(ROOT, 'dist')).ino, built, 'what a box may run from is left alone');
    const tar = ['tar', 'xzOf', join(folder, packed.filename), 'package/npm-shrinkwrap.json'];
    const lock: Lock = JSON.parse(run(folder, ...tar).stdout);
    assert.ok(lock.packages['node_modules/fastify'] !== undefined);
    assert.equal(lock.packages['node_modules/typescript'], undefined);
  });

  it('without what builds it does not fail, and says what to do', () => {
    const path = copy(
      'tools',
      'src',
      'pages',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
    );
    mkdirSync(join(path, 'test'));
    const { status, stdout, stderr } = run(
      path,
      process.execPath,
      'tools/build.mjs',
      '--if-needed',
    );
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(
      stdout,
      'srs-supervisor: dist/ is not there, and what builds it is not installed: npm ci --include=dev\n',
    );
  });

  it('that is not built says so in one line', () => {
    const path = copy('bin', 'package.json');
    const { status, stdout, stderr } = run(path, process.execPath, 'bin/srs-supervisor.js', 'run');
    assert.deepEqual([status, stdout], [2, '']);
    assert.equal(
      stderr,
      `srs-supervisor: is not built yet: run npm ci --include=dev in ${path}/\n`,
    );
  });

  it('without its packages says so in one line', () => {
    const path = copy('bin', 'package.json', 'dist/src');
    const { status, stdout, stderr } = run(path, process.execPath, 'bin/srs-supervisor.js', 'run');
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^srs-supervisor: needs the package [\w.@/-]+: run npm ci in \S+\n$/);
  });
});

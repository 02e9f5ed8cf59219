/**
 * Builds dist/: `node tools/build.mjs`, with `--if-needed` only where its sources have changed. The
 * new folder takes the old one's place in one step, because a box may be running from it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const NEW = join(ROOT, `dist.new-${process.pid}`);
const OLD = join(ROOT, `dist.old-${process.pid}`);
/** In dist/: the fingerprint of what it was built from. */
const STAMP = 'built-from';
const TSC = join(ROOT, 'node_modules/.bin/tsc');
/** Packages that are put into the bundle of mini-srs. */
const BUNDLED = ['ipaddr.js', 'sdp-transform'];

function fingerprint() {
  const hash = createHash('sha256');
  const folders = ['src', 'pages', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  );
  const names = ['tsconfig.json', 'package-lock.json', 'tools/build.mjs'];
  const files = names.map((name) => join(ROOT, name));
  for (const file of [...files, ...folders.sort()]) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function builtFrom() {
  const stamp = join(DIST, STAMP);
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : null;
}

function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status === 0) return;
  rmSync(NEW, { recursive: true, force: true });
  process.exit(1);
}

/**
 * Bundles mini-srs: to load a hundred modules costs a child more CPU and memory than all else that
 * it does until it is ready. werift stays outside, because few children ever load it.
 */
async function bundleOrigin() {
  const { build: bundle } = await import('esbuild');
  const outdir = join(NEW, 'origin');
  await bundle({
    // What is loaded late keeps its name, for processes that were started before this build.
    entryPoints: ['main', 'webrtc/session'].map((name) => join(NEW, `src/origin/${name}.js`)),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['werift'],
    sourcemap: true,
    logLevel: 'warning',
  });
  for (const name of BUNDLED) {
    copyFileSync(join(ROOT, 'node_modules', name, 'LICENSE'), join(outdir, `${name}.LICENSE.txt`));
  }
}

async function build() {
  process.stdout.write('building dist/: some seconds\n');
  const from = fingerprint();
  for (const project of ['tsconfig.json', 'pages']) {
    run(TSC, '-p', project, '--noEmitOnError', '--outDir', NEW);
  }
  run(process.execPath, 'pages/build.mjs', NEW);
  await bundleOrigin();
  writeFileSync(join(NEW, STAMP), from);
  if (existsSync(DIST)) renameSync(DIST, OLD);
  renameSync(NEW, DIST);
  rmSync(OLD, { recursive: true, force: true });
}

async function buildIfNeeded() {
  const from = builtFrom();
  if (from === fingerprint()) return;
  if (existsSync(TSC)) return await build();
  const state = from === null ? 'is not there' : 'is older than the sources';
  const text = `dist/ ${state}, and what builds it is not installed: npm ci --include=dev`;
  process.stdout.write(`srs-supervisor: ${text}\n`);
}

if (process.argv.includes('--if-needed')) await buildIfNeeded();
else await build();

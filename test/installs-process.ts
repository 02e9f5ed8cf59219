/**
 * Every way to install, on every Node that we name, up to media that is played: `npm run
 * test:installs`. It asks the npm registry for Nodes and packages, and takes minutes.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { playFrames } from './helpers/media.js';
import { ROOT } from './helpers/paths.js';
import { CHILD_PORT_BASE, freePort } from './helpers/ports.js';
import { until } from './helpers/until.js';

const NODES = ['20.19', '22', '24'];
const FRAMES = 20;
const MINUTES = 60_000;
const PACKAGE = `node-${process.platform}-${process.arch}`;

/** An installation under test: its folder, and the variables that its commands get. */
interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

const NO_REGISTRY =
  spawnSync('npm', ['view', `${PACKAGE}@${NODES[0]}`, 'version', '--fetch-retries=0']).status !==
    0 && `the npm registry has no ${PACKAGE} for us`;

/** Runs a shell command to its end; returns all it printed. Throws if it fails. */
function sh({ folder, env }: Place, command: string): string {
  const options = { cwd: folder, env, encoding: 'utf8', timeout: 5 * MINUTES } as const;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], options);
  assert.equal(status, 0, `${command}\n${stdout}${stderr}`);
  assert.doesNotMatch(stdout + stderr, /EBADENGINE|deprecated|vulnerabilit/, command);
  return stdout + stderr;
}

/** Starts the box by a command of README; asserts that the demo is played from it. */
async function assertWatched({ folder, env }: Place, command: string): Promise<void> {
  const [rtmp, http, api, admin] = await Promise.all([0, 0, 0, 0].map(() => freePort()));
  const own = {
    SRS_SUPERVISOR_LISTEN_RTMP: `${rtmp}`,
    SRS_SUPERVISOR_LISTEN_HTTP: `${http}`,
    SRS_SUPERVISOR_LISTEN_API: `${api}`,
    SRS_SUPERVISOR_LISTEN_ADMIN: `127.0.0.1:${admin}`,
    SRS_SUPERVISOR_LISTEN_RTC: 'off',
    SRS_SUPERVISOR_LISTEN_SRT: 'off',
    SRS_SUPERVISOR_CHILDREN_PORT_BASE: `${CHILD_PORT_BASE}`,
    SRS_SUPERVISOR_CHILDREN_COUNT: '2',
    SRS_SUPERVISOR_LOG_FORMAT: 'text',
  };
  const all = { ...env, ...own };
  const box = spawn('sh', ['-c', command], { cwd: folder, env: all, detached: true });
  const output = collected(box);
  try {
    await until(
      () => `the first screen of ${command}\n${output.text}`,
      () => output.text.includes('Ctrl-C') || box.exitCode !== null,
      // `npx` installs first.
      5 * MINUTES,
    );
    assert.equal(box.exitCode, null, output.text);
    const urls = [`rtmp://127.0.0.1:${rtmp}/live/demo`, `http://127.0.0.1:${http}/live/demo.flv`];
    for (const url of urls) {
      const player = playFrames(url, FRAMES);
      assert.equal(await player.ended, 0, player.errors);
    }
    const page = await fetch(`http://127.0.0.1:${http}/`);
    assert.match(await page.text(), /<html/i);
    // The command that the first screen names, in the same folder.
    const [, status = ''] = /^status +(.+?) {2,}/m.exec(output.text) ?? [];
    assert.match(sh({ folder, env: all }, status), /^state +ready/m);
  } finally {
    if (box.exitCode === null) process.kill(-(box.pid ?? 0), 'SIGINT');
    await once(box, 'close');
  }
}

function collected(box: ChildProcess): { text: string } {
  const output = { text: '' };
  for (const stream of [box.stdout, box.stderr]) {
    stream?.on('data', (text: Buffer) => {
      output.text += text;
    });
  }
  return output;
}

describe('installations', { skip: NO_REGISTRY, timeout: 30 * MINUTES }, () => {
  let folder: string;
  let tarball: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'srs-installs-'));
    execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, stdio: 'ignore' });
    tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function empty(name: string): string {
    return mkdtempSync(join(folder, `${name}-`));
  }

  /** A folder for PATH that has this Node and nothing else. */
  function nodeOf(version: string): string {
    const path = empty('node');
    const words = ['install', '--prefix', path, '--no-audit', '--no-fund', `${PACKAGE}@${version}`];
    execFileSync('npm', words, { stdio: 'ignore' });
    const bin = join(path, 'bin');
    mkdirSync(bin);
    symlinkSync(join(path, 'node_modules', PACKAGE, 'bin/node'), join(bin, 'node'));
    return bin;
  }

  /** A clean checkout: what git has, as it stands in the working tree. */
  function checkout(env: NodeJS.ProcessEnv): Place {
    const path = empty('checkout');
    const files = 'git ls-files -co --exclude-standard -z | tar c --null -T - | tar x -C "$0"';
    execFileSync('sh', ['-c', files, path], { cwd: ROOT });
    return { folder: path, env };
  }

  for (const version of NODES) {
    describe(`Node ${version}`, () => {
      let env: NodeJS.ProcessEnv;
      before(() => {
        const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
        const quiet = { npm_config_audit: 'false', npm_config_update_notifier: 'false' };
        const path = `${nodeOf(version)}${delimiter}${process.env.PATH}`;
        env = { ...rest, ...quiet, PATH: path, npm_config_cache: join(folder, 'cache') };
        const said = sh({ folder, env }, 'node --version').trim();
        assert.ok(said.startsWith(`v${version}.`), said);
      });

      it('a checkout', async () => {
        const place = checkout(env);
        sh(place, 'npm ci');
        await assertWatched(place, 'npm start');
        // What is built goes on without what built it.
        sh(place, 'npm ci --omit=dev');
        await assertWatched(place, 'npm start');
      });

      it('a checkout of a machine for production', async () => {
        const place = checkout({ ...env, NODE_ENV: 'production' });
        const [, command = ''] = /is not installed: (npm .+)/.exec(sh(place, 'npm ci')) ?? [];
        sh(place, command);
        await assertWatched(place, 'npm start');
      });

      it('a tarball in an empty folder', async () => {
        const place = { folder: empty('tarball'), env };
        sh(place, `npm install ${tarball}`);
        await assertWatched(place, 'npx srs-supervisor run --demo');
      });

      it('a tarball without being installed', async () => {
        const place = { folder: empty('npx'), env };
        await assertWatched(place, `npx --yes --package ${tarball} srs-supervisor run --demo`);
      });
    });
  }
});

/**
 * Each command of README and documents is run as it is printed, with the default ports, in a
 * network namespace and a folder of its own. Commands of one document go on beside the later ones
 * of it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ChildRow } from '../../src/admin/types.js';
import type { JobStatus } from '../../src/jobs/job.js';
import type { StreamStatus } from '../../src/placement/types.js';
import { BLOCKS, type Block, commandsOf, nameOf } from '../helpers/doc-blocks.js';
import { NOT_RUN, Running } from '../helpers/doc-commands.js';
import { Ffmpeg, writeTimes } from '../helpers/media.js';
import { isInside, NO_NAMESPACES, runInside } from '../helpers/namespaces.js';
import { MINI_SRS, origins } from '../helpers/origins.js';
import { BIN, CLIP, ROOT } from '../helpers/paths.js';
import { findProgram } from '../helpers/programs.js';
import { UnmanagedOrigin } from '../helpers/unmanaged-origin.js';
import { BOUNDED, until } from '../helpers/until.js';

const ADMIN = 12025;
/** Repetitions of the clip in the file that is published. */
const LONG = 30;
/** These begin boxes of their own, so they find no other. */
const OWN_BOXES = ['docs/from-the-go-proxy.md', 'examples/cluster/README.md'];
const [mini] = origins();
const real = origins().find(({ name }) => name === 'srs');
const NO_SRT = real === undefined && 'mini-srs speaks no SRT';

let folder = '';
let env: NodeJS.ProcessEnv = {};

async function admin<T>(path: string, host = '127.0.0.1'): Promise<T | null> {
  const url = `http://${host}:${ADMIN}/admin/v1/${path}`;
  const answer = await fetch(url, { headers: { connection: 'close' } }).catch(() => null);
  return answer === null ? null : ((await answer.json()) as T);
}

async function isPublished(stream: string, host?: string): Promise<boolean> {
  const rows = (await admin<StreamStatus[]>('streams', host)) ?? [];
  return rows.some((row) => row.stream.endsWith(`/${stream}`) && row.publishing);
}

const isReady = async (host?: string) =>
  (await admin<{ state: string }>('status', host))?.state === 'ready';

/** The id of the client that publishes the demo. */
async function publisherId(): Promise<string> {
  const url = 'http://127.0.0.1:1985/api/v1/clients/?count=1000';
  const { clients } = (await (await fetch(url)).json()) as {
    clients: { id: string; publish: boolean }[];
  };
  return clients.find(({ publish }) => publish)?.id ?? 'none';
}

/** The server id of the second origin that registered. */
async function serverId(): Promise<string> {
  const rows = (await admin<ChildRow[]>('children')) ?? [];
  const second = rows.find(({ id }) => id === 'o002');
  const url = `http://127.0.0.1:${second?.ports.api}/api/v1/versions`;
  return ((await (await fetch(url)).json()) as { server: string }).server;
}

/** Orders by the admin port begin a job, and do not wait for its end. */
async function isIdle(): Promise<boolean> {
  const jobs = (await admin<Pick<JobStatus, 'state'>[]>('jobs')) ?? [];
  return jobs.length > 0 && jobs.every(({ state }) => state !== 'running');
}

/** Fills in the words that users replace by their own. */
async function filled(command: string): Promise<string> {
  const own: readonly (readonly [RegExp, () => string | Promise<string>])[] = [
    [/\b(?:HOST|BOX)\b/g, () => '127.0.0.1'],
    [/\bFILE\b/g, () => 'long.flv'],
    [/\bID\b/g, publisherId],
    [/\bc003\b/g, () => 'c001'],
    [/\/etc\/(?:systemd\/system\/)?(?=srs-supervisor)/g, () => `${folder}/`],
    [/\bvid-1206mz8\b/g, serverId],
    [/\/opt\/srs-supervisor-2\.0\b/g, () => ROOT],
  ];
  let text = command;
  for (const [pattern, value] of own) {
    if (text.search(pattern) !== -1) text = text.replace(pattern, await value());
  }
  return text;
}

/**
 * How a command that goes on is known to work: the stream that it names is published, or played.
 */
function lasting(command: string): ((running: Running) => boolean | Promise<boolean>) | null {
  const [, host = '127.0.0.1'] = /:\/\/(127[\d.]+):/.exec(command) ?? [];
  const [, stream = 'live/encoder'] = /(?:r=|\d\/|streamid=)(\w+\/\w+)/.exec(command) ?? [];
  const shows = (pattern: RegExp) => (running: Running) => pattern.test(running.output);
  if (/srs-supervisor(\.js)? run\b/.test(command)) return () => isReady();
  if (command.startsWith('sh examples/cluster')) {
    return async () => (await isReady('127.0.0.2')) && isReady('127.0.0.3');
  }
  if (command.startsWith('ffplay ')) return shows(/Stream #0:\d.*: Video/);
  if (/^(ffmpeg -re|srt-live-transmit udp)/.test(command)) return () => isPublished(stream, host);
  if (command.startsWith('srt-live-transmit')) return shows(/connected|established/i);
  return null;
}

/** `check` stands before a start, so it finds neither ports nor work directory in use. */
function wordsFor(command: string): string[] {
  if (!/srs-supervisor(\.js)? check\b/.test(command)) return ['sh', '-c', command];
  const alone = 'ip link set lo up && mkdir -p alone && cd alone && exec sh -c "$0"';
  return ['unshare', '--net', 'sh', '-c', alone, command];
}

function isRun(command: string): boolean {
  return !NOT_RUN.some(([pattern]) => pattern.test(command));
}

/** Runs the commands of one document in their order. */
class Reader {
  readonly #running: Running[] = [];
  readonly #origins: UnmanagedOrigin[] = [];
  readonly #feeds: Ffmpeg[] = [];

  async run(printed: string): Promise<void> {
    const command = await filled(printed);
    // A second box takes the ports of the first.
    if (/srs-supervisor run\b/.test(command)) await this.stop();
    const condition = lasting(command);
    let running = this.#start(command);
    if (condition === null) {
      assert.equal(await running.ended(), 0, `${command}\n${running.output}`);
      if (/^curl -X POST/.test(command)) await until('no job is at work', isIdle);
      return;
    }
    const [, udp] = /udp:\/\/:(\d+) /.exec(command) ?? [];
    if (udp !== undefined) this.#feed(udp);
    const what = () => `${command}\n${running.output}`;
    await until(what, async () => {
      if (await condition(running)) return true;
      // A playlist is there once the first segment is complete: players come again.
      if (running.hasEnded && command.includes('.m3u8')) running = this.#start(command);
      assert.ok(!running.hasEnded, `it ended before: ${what()}`);
      return false;
    });
    if (command.startsWith('PROXY_')) await this.#register();
  }

  #start(command: string): Running {
    const running = new Running(wordsFor(command), { cwd: folder, env });
    this.#running.push(running);
    return running;
  }

  /** An encoder that sends to a UDP port, for programs that read one. */
  #feed(port: string): void {
    const clip = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy'];
    this.#feeds.push(new Ffmpeg('ffmpeg', [...clip, '-f', 'mpegts', `udp://127.0.0.1:${port}`]));
  }

  /** Origins that beat at the box, as those of the proxy do. */
  async #register(): Promise<void> {
    assert.ok(mini);
    for (const listen of ['127.0.0.1:', '127.0.0.1:']) {
      this.#origins.push(await UnmanagedOrigin.start({ origin: mini, adminPort: ADMIN, listen }));
    }
    await until('two origins', async () => (await admin<unknown[]>('children'))?.length === 2);
  }

  async stop(): Promise<void> {
    for (const running of this.#running.splice(0).reverse()) await running.stop();
    await Promise.all(this.#feeds.splice(0).map((feed) => feed.kill()));
    await Promise.all(this.#origins.splice(0).map((origin) => origin.dispose()));
  }
}

/** The documents that have commands, with their blocks. */
function documents(): Map<string, Block[]> {
  const found = new Map<string, Block[]>();
  for (const block of BLOCKS.filter((one) => commandsOf(one).some(isRun))) {
    found.set(block.file, [...(found.get(block.file) ?? []), block]);
  }
  return found;
}

function assertDocument(file: string, blocks: readonly Block[]): void {
  describe(file, BOUNDED, () => {
    const reader = new Reader();
    after(() => reader.stop());

    for (const block of blocks) {
      const commands = commandsOf(block).filter(isRun);
      const skip = commands.some((text) => /\bsrt\b/.test(text)) && NO_SRT;
      it(`${nameOf(block)} ${commands[0]}`, { skip }, async () => {
        for (const command of commands) await reader.run(command);
      });
    }
  });
}

async function makeFolder(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'srs-docs-e2e-'));
  for (const name of ['bin', 'examples', 'dist', 'package.json']) {
    await symlink(join(ROOT, name), join(folder, name));
  }
  const programs = join(folder, 'programs');
  await mkdir(programs);
  const script = (...words: string[]) => `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`;
  const own = { mode: 0o755 };
  await writeFile(join(programs, 'srs-supervisor'), script(process.execPath, BIN), own);
  await writeFile(join(programs, 'mini-srs'), script(process.execPath, MINI_SRS), own);
  // An answer that is no success is a failure.
  const curl = [findProgram('curl') ?? 'curl', '--fail-with-body', '--silent'];
  await writeFile(join(programs, 'curl'), script(...curl), own);
  const example = readFileSync(join(ROOT, 'examples/srs-supervisor.yaml'), 'utf8');
  await writeFile(join(folder, 'srs-supervisor.yaml'), example);
  assert.equal(await writeTimes(join(folder, 'long.flv'), LONG).ended, 0);
  const screen = { SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy' };
  env = { ...process.env, ...screen, PATH: `${programs}:${process.env.PATH}`, TMPDIR: folder };
}

if (isInside) {
  before(makeFolder);
  after(() => rm(folder, { recursive: true, force: true }));
  const all = [...documents()];

  describe('documents that start boxes', BOUNDED, () => {
    for (const [file, blocks] of all.filter(([name]) => OWN_BOXES.includes(name))) {
      assertDocument(file, blocks);
    }
  });

  describe('documents beside a box', BOUNDED, () => {
    let box: Running;
    before(async () => {
      const command = 'exec srs-supervisor run --demo --children 2 --log-format text';
      const own = { ...env, SRS_SUPERVISOR_WORK_DIR: join(folder, 'run') };
      box = new Running(['sh', '-c', command], { cwd: ROOT, env: own });
      await until(
        () => box.output,
        () => box.output.includes('Ctrl-C'),
      );
    });
    after(() => box.stop());

    for (const [file, blocks] of all.filter(([name]) => !OWN_BOXES.includes(name))) {
      assertDocument(file, blocks);
    }

    it('the first screen is the one that README shows', () => {
      const block = BLOCKS.find(
        ({ file, lines }) => file === 'README.md' && /^publish/.test(lines[0] ?? ''),
      );
      assert.ok(block);
      for (const line of block.lines)
        assert.ok(box.output.includes(line), `${line}\n${box.output}`);
    });
  });
}

describe('commands of the documents', { ...BOUNDED, skip: NO_NAMESPACES || isInside }, () => {
  it('work as they are printed', async () => {
    const { code, output } = await runInside(import.meta.filename);
    assert.equal(code, 0, output);
  });
});

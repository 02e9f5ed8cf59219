import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../helpers/until.js';
import { freePorts, MINI_SRS, Program, TestOrigin } from './helpers.js';

describe("mini-srs has SRS's command line", { timeout: 120_000 }, () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'mini-srs-main-'));
  });
  after(() => rm(dir, { recursive: true }));

  async function run(args: string[], text?: string): Promise<{ code: unknown; output: string }> {
    const file = path.join(dir, 'srs.conf');
    if (text !== undefined) await writeFile(file, `daemon off; ${text} pid ${dir}/srs.pid;`);
    const program = new Program(MINI_SRS, text === undefined ? args : [...args, '-c', file]);
    return { code: await program.exited, output: program.output };
  }

  it('prints its version and help', async () => {
    assert.deepEqual(await run(['-v']), { code: 0, output: '7.0.18\n' });
    const { code, output } = await run(['-h']);
    assert.equal(code, 0);
    assert.match(output, /-c filename/);
  });

  for (const [text, code, reason] of [
    ['srs_log_tank console; listen 1935;', 0, /is ok/],
    ['listen 1935; foo on;', 255, /illegal directive foo/],
    ['listen 1935; vhost a { bar on; }', 255, /illegal vhost\.bar/],
    ['listen 1935; http_api { baz on; }', 255, /illegal http_api\.baz/],
    ['listen 1935; max_connections 100000000;', 255, /exceed max open files=/],
    ['listen 0;', 255, /listen port 0/],
    ['max_connections 1;', 255, /listen/],
    ['listen { 1935;', 255, /line 1/],
  ] as const) {
    it(`-t of '${text}' exits ${code}`, async () => {
      const tested = await run(['-t'], text);
      assert.match(tested.output, reason);
      assert.equal(tested.code, code);
    });
  }

  it('exits 255 where there is no config', async () => {
    const tested = await run(['-c', path.join(dir, 'none.conf')]);
    assert.equal(tested.code, 255);
    assert.match(tested.output, /none\.conf/);
  });

  it('exits 234 where the port is taken, 10 where the pid file cannot be written', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const taken = await run([], `srs_log_tank console; listen 127.0.0.1:${port};`);
    server.close();
    assert.equal(taken.code, 234);
    assert.match(taken.output, /address already in use/);
    const pidless = await run([], `srs_log_tank console; listen 1; pid ${dir}/no/srs.pid;`);
    assert.equal(pidless.code, 10);
  });

  it('exits 11 where its pid file belongs to a living one, and 0 on SIGTERM', async () => {
    const origin = await TestOrigin.start();
    const second = new Program(MINI_SRS, ['-c', path.join(origin.dir, 'srs.conf')]);
    assert.equal(await second.exited, 11);
    origin.program.child.kill('SIGHUP');
    await until('a word on SIGHUP', () => origin.program.output.includes('does not reload'));
    const socket = connect({ port: origin.rtmp, host: '127.0.0.1' });
    await once(socket, 'connect');
    assert.equal(await origin.program.stop('SIGTERM'), 0);
    await rm(origin.dir, { recursive: true });
  });

  it('loads one bundle to be ready, and no WebRTC library', async () => {
    const [port, rtc] = await freePorts(2);
    const file = path.join(dir, 'loads.conf');
    const conf = `listen 127.0.0.1:${port}; rtc_server { enabled on; listen ${rtc}; }`;
    await writeFile(file, `daemon off; srs_log_tank console; pid ${dir}/loads.pid; ${conf}`);
    const folder = path.join(dir, 'loads');
    // Node writes there which files it has run.
    const args = [`NODE_V8_COVERAGE=${folder}`, MINI_SRS, '-c', file];
    const program = new Program('env', args);
    await until('its last port', () => program.output.includes('rtc listen'), 60_000);
    assert.equal(await program.stop(), 0);
    const loaded = await filesRun(folder);
    assert.ok(loaded.length > 0);
    const others = loaded.filter(
      (url) => !/\/(dist\/origin\/[\w-]+\.js|srs-bin\/mini-srs)$/.test(url),
    );
    assert.deepEqual(others, []);
    assert.ok(loaded.length <= 8, loaded.join('\n'));
  });

  it('closes at once what is above max_connections', async () => {
    const [rtmp, api] = await freePorts(2);
    const file = path.join(dir, 'full.conf');
    const text = `listen 127.0.0.1:${rtmp}; pid ${dir}/full.pid; srs_log_tank console;
      max_connections 1; http_api { enabled on; listen 127.0.0.1:${api}; }`;
    await writeFile(file, text);
    const program = new Program(MINI_SRS, ['-c', file]);
    await until('listening', () => program.output.includes('HTTP-API listen'));
    const first = connect({ port: Number(rtmp), host: '127.0.0.1' });
    await once(first, 'connect');
    await until('refusal', async () => {
      const second = connect({ port: Number(api), host: '127.0.0.1' }).on('error', () => {});
      await once(second, 'close');
      return program.output.includes('exceed max connections=1');
    });
    first.destroy();
    assert.equal(await program.stop('SIGINT'), 0);
  });

  it('follows its parent with `asprocess on`', async () => {
    const [rtmp] = await freePorts(1);
    const file = path.join(dir, 'as.conf');
    const text = `listen 127.0.0.1:${rtmp}; pid ${dir}/as.pid; asprocess on; srs_log_tank console;`;
    await writeFile(file, text);
    const script = `require('child_process').spawn(process.argv[1], ['-c', process.argv[2]], { stdio: 'inherit' }); setInterval(() => {}, 1000);`;
    const parent = new Program(process.execPath, ['-e', script, MINI_SRS, file]);
    await until('listening', () => parent.output.includes('RTMP listen'));
    parent.child.kill('SIGKILL');
    await parent.exited;
    assert.match(parent.output, /parent process \d+ died/);
  });
});

/** Returns the URLs of the files that a process has run, by its NODE_V8_COVERAGE. */
async function filesRun(folder: string): Promise<string[]> {
  const [name = ''] = await readdir(folder);
  const { result } = JSON.parse(await readFile(path.join(folder, name), 'utf8'));
  const urls: string[] = result.map(({ url }: { url: string }) => url);
  return urls.filter((url) => url.startsWith('file:'));
}

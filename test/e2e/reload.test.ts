import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { cli } from '../helpers/cli.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';

const API = 'http_api { raw_api { enabled on; allow_reload on; } }';
const vhost = (inner: string) => `vhost __defaultVhost__ { ${inner} }`;

interface Reloaded {
  readonly data: { readonly err: number; readonly msg: string; readonly state: number };
}

for (const origin of origins()) {
  describe(`a template that is reloaded, ${origin.name}`, { timeout: 240_000 }, () => {
    const cast = new Cast();
    let supervisor: RunningSupervisor;
    let folder: string;
    let template: string;
    let api: number;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-reload-e2e-'));
      template = join(folder, 'srs.template');
      await writeFile(template, `${API} ${vhost('gop_cache on;')}`);
      api = await freePort();
      const env = { SRS_SUPERVISOR_SRS_TEMPLATE: template };
      supervisor = await RunningSupervisor.start({
        ...{ origin: origin.path, children: 2, ports: { api }, env },
      });
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    async function reload(): Promise<Reloaded['data']> {
      const ask = async (rpc: string) =>
        (await (await fetch(`http://127.0.0.1:${api}/api/v1/raw?rpc=${rpc}`)).json()) as Reloaded;
      await ask('reload');
      let last: Reloaded['data'] | null = null;
      await until('the reload is over', async () => {
        last = (await ask('reload-fetch')).data;
        return last.state === 90;
      });
      return last!;
    }

    const confs = () =>
      Promise.all(
        ['c001', 'c002'].map((id) =>
          readFile(join(supervisor.workDir, 'conf', `${id}.conf`), 'utf8'),
        ),
      );

    it('reaches the configs of all children, and rules of access at once', async () => {
      cast.publish(supervisor.url('live/before'));
      await until('it is published', async () => (await supervisor.streams()).length === 1);
      await writeFile(
        template,
        `${API} ${vhost('gop_cache off; security { enabled on; deny publish all; }')}`,
      );
      const { err, msg } = await reload();
      for (const conf of await confs()) assert.match(conf, /gop_cache off;/);
      // mini-srs does not reload, and says so; its next life has the new config.
      if (origin.name === 'mini-srs') assert.notEqual(err, 0);
      else assert.equal(err, 0, msg);
      const refused = cast.publish(supervisor.url('live/after'));
      assert.notEqual(await refused.ended, 0);
      assert.equal(
        (await supervisor.streams()).some(({ stream }) => /before$/.test(stream)),
        true,
      );
    });

    it('is refused where it takes a restart, or where SRS does not take it', async () => {
      const good = await confs();
      await writeFile(template, `${API} ${vhost('http_remux { enabled on; }')}`);
      assert.match(
        (await reload()).msg,
        /^srs\.template: http_remux of vhost __defaultVhost__ has changed/,
      );
      await writeFile(template, `${API} ${vhost('')} vhost new.example.com { }`);
      assert.match((await reload()).msg, /^srs\.template: vhost new\.example\.com has changed/);
      await writeFile(template, `${API} ${vhost('frob on;')}`);
      assert.match((await reload()).msg, /refuses it: .*illegal vhost\.frob/);
      assert.deepEqual(await confs(), good);
    });

    it('restarts the children in turn for a vhost that is new in it', async () => {
      await cast.close();
      await writeFile(template, `${API} ${vhost('')} vhost new.example.com { }`);
      const done = await cli(['reload', '--admin', `127.0.0.1:${supervisor.adminPort}`]);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^applied: srs\.template\nthe children are restarted in turn\n/);
      const rows = await supervisor.children();
      assert.deepEqual(
        rows.map(({ state, generation }) => [state, generation]),
        [
          ['ready', 2],
          ['ready', 2],
        ],
      );
      const url = `${supervisor.url('live/of-vhost')}?vhost=new.example.com`;
      cast.publish(url);
      await cast.assertPlays(5, url);
      const [row] = await supervisor.streams();
      assert.equal(row?.stream, 'new.example.com/live/of-vhost');
      // Nothing has changed since.
      const again = await cli(['reload', '--admin', `127.0.0.1:${supervisor.adminPort}`]);
      assert.equal(again.code, 0, again.stderr);
      assert.equal((await supervisor.child('c001')).generation, 2);
    });
  });
}

for (const origin of origins()) {
  describe(`a configuration that is reloaded, ${origin.name}`, { timeout: 240_000 }, () => {
    const cast = new Cast();
    let supervisor: RunningSupervisor;
    let folder: string;
    let config: string;
    let api: number;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-reload-e2e-'));
      config = join(folder, 'box.yaml');
      await write('');
      api = await freePort();
      const args = ['-c', config];
      const { path } = origin;
      supervisor = await RunningSupervisor.start({
        origin: path,
        children: 2,
        ports: { api },
        args,
      });
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    const write = (text: string) => writeFile(config, text);
    const reload = (...args: string[]) =>
      cli(['reload', '--admin', `127.0.0.1:${supervisor.adminPort}`, ...args]);
    const statusOfApi = async () =>
      (await fetch(`http://127.0.0.1:${api}/api/v1/summaries`)).status;

    it('is applied at once where it can be, and refused key by key elsewhere', async () => {
      const live = 'log: { level: debug }\napi: { username: u, password: secret-of-api }\n';
      await write(`${live}limits: { heldPlayers: 7 }\nrelay: { threads: 2 }\n`);
      const dry = await reload('--dry-run');
      const applied = 'applied: limits.heldPlayers, api.username, api.password, log.level';
      const refused =
        'refused: relay.threads: it takes a restart: the threads of the relay were started by it';
      assert.deepEqual([dry.code, dry.stdout], [1, `would be ${applied}\nwould be ${refused}\n`]);
      assert.equal(await statusOfApi(), 200);
      const done = await reload();
      assert.deepEqual([done.code, done.stdout], [1, `${applied}\n${refused}\n`]);
      assert.match(done.stderr, /^srs-supervisor: [^\n]* relay\.threads\n$/);
      assert.equal(await statusOfApi(), 401);
      // The relay's threads, which accept clients, have the new level as well.
      await until('a line at debug', async () => {
        const socket = connect({ port: supervisor.rtmpPort, host: '127.0.0.1' });
        await once(socket, 'connect');
        socket.destroy();
        return /"level":"debug"[^\n]*"failure":"left"/.test(supervisor.output);
      });
      assert.doesNotMatch(supervisor.output, /secret-of-api/);
      // The file has the old value again: all is as it says.
      await write(`${live}limits: { heldPlayers: 7 }\n`);
      const again = await reload('--json');
      assert.equal(again.code, 0, again.stderr);
      const report = { dryRun: false, applied: [], restartsChildren: false, refused: [] };
      const none = { upgrade: null, error: null, job: null };
      assert.deepEqual(JSON.parse(again.stdout), { ...report, ...none });
    });

    it('changes nothing where a file is bad, and says why in a line', async () => {
      await write('log: { level: info }\nlimits: { heldPlayers: many }\n');
      const { code, stdout, stderr } = await reload();
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(
        stderr,
        /^srs-supervisor: \S+box\.yaml:2: limits\.heldPlayers: must be [^\n]*\n$/,
      );
      await write('log: { level: info }\ntls: { cert: /none, key: /none }\n');
      assert.equal(await statusOfApi(), 401);
    });

    it('closes clients who name no stream after the new limit', async () => {
      await write('limits: { identifySeconds: 1 }\n');
      const { code, stdout } = await reload();
      assert.deepEqual([code, /limits\.identifySeconds/.test(stdout)], [0, true]);
      const socket = connect({ port: supervisor.rtmpPort, host: '127.0.0.1' });
      await once(socket, 'connect');
      await once(socket.resume(), 'close');
    });

    it('has the vhosts that the children get in turn, and no others', async () => {
      const url = (host: string) => `${supervisor.url('live/of-vhost')}?vhost=${host}`;
      const keys = async (): Promise<string[]> =>
        (await supervisor.streams()).map(({ stream }) => stream);
      const publishedAs = async (host: string, key: string) => {
        const publisher = cast.publish(url(host));
        await until(key, async () => (await keys()).includes(key));
        await cast.assertPlays(5, url(host));
        await publisher.kill();
        await until('it is gone', async () => (await keys()).length === 0);
      };
      await publishedAs('new.example.com', '__defaultVhost__/live/of-vhost');
      const others =
        'hls: { fragmentSeconds: 3, windowSeconds: 9, from: child }\norigins: { ttlSeconds: 20 }\n';
      await write(`vhosts: { new.example.com: ts }\nchildren: { slowStartSeconds: 0 }\n${others}`);
      const added = await reload();
      assert.equal(added.code, 0, added.stderr);
      assert.match(
        added.stdout,
        /^applied: .*origins\.ttlSeconds, vhosts, hls\.from, hls\.fragmentSeconds, hls\.windowSeconds.*\nthe children are restarted in turn\n/m,
      );
      const conf = await readFile(join(supervisor.workDir, 'conf/c001.conf'), 'utf8');
      assert.match(conf, /hls_fragment 3;\s+hls_window 9;/);
      await publishedAs('new.example.com', 'new.example.com/live/of-vhost');
      await write('children: { slowStartSeconds: 0 }\n');
      assert.equal((await reload()).code, 0);
      await publishedAs('new.example.com', '__defaultVhost__/live/of-vhost');
    });

    it('restarts the children in turn for a hook that they must call', async () => {
      await write(`log: { level: info }\nhooks: { on_play: http://127.0.0.1:9/ }\n`);
      const rolled = await reload();
      assert.equal(rolled.code, 0, rolled.stderr);
      assert.match(rolled.stdout, /the children are restarted in turn\n(.*\n)*reload: done/);
      const rows = await supervisor.children();
      assert.deepEqual(
        rows.map(({ generation }) => generation),
        [4, 4],
      );
      const conf = await readFile(join(supervisor.workDir, 'conf/c001.conf'), 'utf8');
      assert.match(conf, /on_play /);
    });
  });
}

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { BIN } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { findProgram } from '../helpers/programs.js';
import { RedisServer } from '../helpers/redis.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const SECRETS = {
  redis: 'redis-pass-6f1e',
  cluster: 'cluster-secret-0b7c',
  admin: 'admin-token-93ad-long',
  hookUser: 'hook-pass-77aa',
  hookToken: 'hook-token-51cd',
  template: 'template-token-2c2c',
};
const AUTH = `Basic ${Buffer.from('api:api-pass-44ee').toString('base64')}`;
const SHOWN = [...Object.values(SECRETS), 'api-pass-44ee'];

const NO_REDIS = findProgram('redis-server') === null && 'needs redis-server';

for (const origin of origins()) {
  describe(`secrets, ${origin.name}`, { ...BOUNDED, skip: NO_REDIS }, () => {
    const cast = new Cast();
    let folder: string;
    let config: string;
    let redis: RedisServer;
    let supervisor: RunningSupervisor;
    let args: string[];
    let ports: { api: number; http: number };
    let env: NodeJS.ProcessEnv;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-secrets-e2e-'));
      redis = await RedisServer.start('--requirepass', SECRETS.redis);
      ports = { api: await freePort(), http: await freePort() };
      config = join(folder, 'box.yaml');
      const template = join(folder, 'srs.template');
      const nobody = await freePort();
      await writeFile(
        template,
        `http_api { auth { enabled on; username api; password api-pass-44ee; } }
        vhost __defaultVhost__ { http_hooks { enabled on;
          on_publish http://me:${SECRETS.hookUser}@127.0.0.1:${nobody}/p?token=${SECRETS.hookToken};
          on_play http://127.0.0.1:${nobody}/?sign=${SECRETS.template}; } }`,
      );
      await writeFile(
        config,
        `srs: { template: ${template} }\nadmin: { token: ${SECRETS.admin} }\n`,
      );
      const token = join(folder, 'cluster');
      await writeFile(token, SECRETS.cluster);
      const peer = `127.0.0.1:${await freePort()}`;
      env = { SRS_SUPERVISOR_CLUSTER_SECRET_FILE: token, SRS_SUPERVISOR_LISTEN_PEER: peer };
      const registry = redis.url.replace('//', `//:${SECRETS.redis}@`);
      args = ['-c', config, '--registry', registry, '--log-level', 'debug'];
      const options = { origin: origin.path, children: 1, ports, args, env };
      supervisor = await RunningSupervisor.launch(options);
      await until('it serves', () => {
        assert.ok(!supervisor.hasExited, supervisor.output);
        return supervisor.output.includes('"msg":"serving"');
      });
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
      await redis?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    function assertHidden(what: string, text: string): void {
      for (const secret of SHOWN) assert.ok(!text.includes(secret), `${what}: ${secret}\n${text}`);
    }

    it('are in no warning about a hook, and in no other line of the log', async () => {
      const refused = cast.publish(supervisor.url('live/s'));
      assert.notEqual(await refused.ended, 0);
      const wanted =
        /"action":"on_publish","url":"http:\/\/\*\*\*@127\.0\.0\.1:\d+\/p\?token=\*\*\*"/;
      await until('the warning', () => wanted.test(supervisor.output));
      assertHidden('log', supervisor.output);
      for (const name of await readdir(join(supervisor.workDir, 'logs'))) {
        assertHidden(name, await readFile(join(supervisor.workDir, 'logs', name), 'utf8'));
      }
    });

    it('are in no answer of the API or the admin port', async () => {
      const api = `http://127.0.0.1:${ports.api}`;
      const get = async (url: string, authorization: string) =>
        (await fetch(url, { headers: { authorization } })).text();
      const summaries = await get(`${api}/api/v1/summaries`, AUTH);
      assert.match(summaries, /"argv":"\S*node .* --registry redis:\/\/\*\*\*@127\.0\.0\.1:\d+ /);
      assertHidden('summaries', summaries);
      const names = 'versions self_proc_stats vhosts streams clients configs/logs raw?rpc=raw';
      for (const name of names.split(' ')) {
        assertHidden(name, await get(`${api}/api/v1/${name}`, AUTH));
      }
      for (const name of ['status', 'children', 'streams', 'connections', 'nowhere']) {
        const url = `http://127.0.0.1:${supervisor.adminPort}/admin/v1/${name}`;
        assertHidden(name, await get(url, `Bearer ${SECRETS.admin}`));
        assertHidden(name, await get(url, 'Bearer wrong'));
      }
    });

    it('are not in the list of processes', () => {
      const lines = execFileSync('ps', ['-ww', '-o', 'args=', '-p', `${supervisor.pid}`], {
        encoding: 'utf8',
      });
      assert.match(lines, /srs-supervisor\.js run .*--registry redis:\/\/\*\*\*@/);
      assertHidden('ps', lines);
      for (const pid of ['stat', 'status', 'cmdline'].map(
        (name) => `/proc/${supervisor.pid}/${name}`,
      )) {
        assertHidden(pid, execFileSync('cat', [pid], { encoding: 'utf8' }));
      }
    });

    it('are in nothing that check says, which steers them elsewhere', () => {
      const check = (...more: string[]) =>
        spawnSync(process.execPath, [BIN, 'check', ...args, ...more], {
          encoding: 'utf8',
          env: { ...process.env, ...env },
        });
      const { stdout, stderr } = check('--admin', '127.0.0.1:0');
      assertHidden('check', stdout + stderr);
      assert.match(stdout, /^warn +secrets +a secret is on the command line .*registryFile/m);
      assert.match(stdout, /^warn +secrets +\S+box\.yaml:2: every user .* admin\.tokenFile$/m);
      const bad = check('--registry', `redis://:${SECRETS.redis}@`);
      assertHidden('error', bad.stdout + bad.stderr);
      assert.match(bad.stderr, /--registry: registry: must be memory or/);
      const wrong = check('--registry', `redis://:${SECRETS.redis}@127.0.0.1:1`);
      assertHidden('no Redis', wrong.stdout + wrong.stderr);
      assert.match(wrong.stdout, /^FAIL +registry +registry: cannot use redis:\/\/\*\*\*@127/m);
    });
  });
}

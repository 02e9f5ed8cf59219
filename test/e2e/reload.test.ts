import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
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
  });
}

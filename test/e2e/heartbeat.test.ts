import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readBody } from '../../src/system/read-body.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** A server that keeps the heartbeats that it gets. */
async function listener(t: TestContext): Promise<{ port: number; beats: object[] }> {
  const beats: object[] = [];
  const take = async (request: IncomingMessage) =>
    void beats.push(JSON.parse((await readBody(request, 65_536)).toString()));
  const server = createServer((request, response) => {
    void take(request).then(() => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, beats };
}

for (const origin of origins()) {
  describe(`heartbeats before ${origin.name}`, BOUNDED, () => {
    it('of the template come once, from the box, with its ports and sums', async (t) => {
      const { port, beats } = await listener(t);
      const folder = await mkdtemp(join(tmpdir(), 'srs-heartbeat-e2e-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      const template = join(folder, 'srs.conf');
      const url = `http://127.0.0.1:${port}/beat?x=1`;
      const more = `interval 1; url ${url}; device_id mine; ports on; summaries on;`;
      await writeFile(template, `heartbeat { enabled on; ${more} }\nvhost __defaultVhost__ { }\n`);
      const api = await freePort();
      const supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: 2,
        ports: { api },
        env: { SRS_SUPERVISOR_SRS_TEMPLATE: template },
      });
      t.after(() => supervisor.dispose());
      await until('three heartbeats', async () => beats.length >= 3);
      const body = await fetch(`http://127.0.0.1:${api}/api/v1/summaries`);
      const { server, service, pid } = (await body.json()) as Record<string, string>;
      for (const beat of beats as Record<string, unknown>[]) {
        const { ip, summaries, ...rest } = beat;
        const ports = { rtmp: [`${supervisor.rtmpPort}`], api: [`${api}`] };
        assert.deepEqual(rest, { device_id: 'mine', server, service, pid, ...ports });
        assert.match(String(ip), /^\d+\.\d+\.\d+\.\d+$/);
        const { data } = summaries as { data: { ok: boolean; self: { pid: number } } };
        assert.deepEqual([data.ok, data.self.pid], [true, supervisor.pid]);
      }
    });

    it('of a child that is stopped stay away, and it is replaced', async (t) => {
      const supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2 });
      t.after(() => supervisor.dispose());
      const conf = await readFile(join(supervisor.workDir, 'conf', 'c001.conf'), 'utf8');
      assert.match(conf, /url http:\/\/127\.0\.0\.1:\d+\/beat\/c001\/1\/[\w-]{43};/);
      const { pid } = await supervisor.child('c001');
      process.kill(pid ?? 0, 'SIGSTOP');
      await until('another process', async () => {
        const { generation, state } = await supervisor.child('c001');
        return generation === 2 && state === 'ready';
      });
      assert.match(supervisor.output, /child is hung: it is killed and replaced/);
      assert.equal((await supervisor.child('c002')).generation, 1);
    });
  });
}

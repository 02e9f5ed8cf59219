import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { signal } from '../../src/child/process.js';
import type { StreamStatus } from '../../src/placement/types.js';
import { Cast } from '../helpers/cast.js';
import { Crowd, type Errand } from '../helpers/crowd.js';
import { httpGet } from '../helpers/http-get.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Descriptors of the process, of which clients have some four hundred. */
const DESCRIPTORS = 600;
const FEW = ['sh', '-c', `ulimit -n ${DESCRIPTORS} && exec "$@"`, 'sh'];
/** More clients than there can be places. */
const MANY = 400;
const HELLO = Buffer.concat([Buffer.of(3), Buffer.alloc(1536)]);
const FILE = 'GET /big.bin HTTP/1.1\r\nHost: box\r\n\r\n';
const HUNG_HEAD = 'GET /live/x.flv HTTP/1.1\r\nX-Slow: ';

for (const origin of origins()) {
  for (const engine of ['native', 'portable'] as const) {
    describe(`limits on ${origin.name}, ${engine} relay`, BOUNDED, () => {
      const cast = new Cast();
      const crowd = new Crowd();
      let supervisor: RunningSupervisor;
      let ports: { http: number; api: number };
      let folder: string;

      before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-limits-'));
        await writeFile(join(folder, 'big.bin'), '');
        await truncate(join(folder, 'big.bin'), 64 * 1024 * 1024);
      });

      async function start(limits: NodeJS.ProcessEnv = {}): Promise<void> {
        ports = { http: await freePort(), api: await freePort() };
        supervisor = await RunningSupervisor.start({
          origin: origin.path,
          children: 2,
          ports,
          behind: FEW,
          args: ['--relay', engine],
          env: {
            SRS_SUPERVISOR_CHILDREN_MAX_CONNECTIONS: '200',
            SRS_SUPERVISOR_HTTP_DIR: folder,
            ...limits,
          },
        });
      }

      afterEach(async () => {
        crowd.leave();
        await cast.close();
        await supervisor.dispose();
      });
      after(() => rm(folder, { recursive: true }));

      const rtmp = (from = '127.0.0.1'): Errand => ({
        port: supervisor.rtmpPort,
        from,
        says: HELLO,
      });
      const http = (says: string, from = '127.0.0.1'): Errand => ({
        port: ports.http,
        from,
        says,
        reads: says !== FILE,
      });

      const status = () => supervisor.get<AdminStatus>('status');

      async function healthz(): Promise<number> {
        const url = `http://127.0.0.1:${supervisor.adminPort}/healthz`;
        return (await httpGet(url)).status;
      }

      /** Of all listeners. */
      async function counted(what: 'refused' | 'shed'): Promise<number> {
        const { listeners } = await status();
        const counts = listeners.map(({ clients }) =>
          what === 'shed' ? (clients?.failed.shed ?? 0) : (clients?.refused ?? 0),
        );
        return counts.reduce((sum, count) => sum + count, 0);
      }

      async function descriptors(): Promise<number> {
        return (await readdir(`/proc/${supervisor.pid}/fd`)).length;
      }

      /** One that comes in a burst of strangers may be turned away: encoders try again. */
      async function publishAsEncodersDo(stream: string): Promise<void> {
        let publisher = cast.publish(supervisor.url(stream));
        await until('its publisher is in', async () => {
          if (!publisher.isRunning) publisher = cast.publish(supervisor.url(stream));
          const rows = await supervisor.get<StreamStatus[]>('streams');
          return rows.some((row) => row.stream.endsWith(stream) && row.publishing);
        });
      }

      /** Kills a child, and resolves when it is back. */
      async function assertChildComesBack(): Promise<void> {
        const [first] = await supervisor.children();
        assert.ok(first?.pid);
        signal(first.pid, 'SIGKILL');
        await until('the child is back', async () => {
          const now = await supervisor.child(first.id);
          return now.pid !== first.pid && now.state === 'ready' && now.answering;
        });
      }

      it('strangers that say nothing go for those who come to publish and play', async () => {
        await start();
        crowd.come(MANY, rtmp());
        crowd.come(MANY, http(HUNG_HEAD));
        await until('many have made room', async () => (await counted('shed')) > MANY);
        assert.ok((await descriptors()) < DESCRIPTORS - 64, `${await descriptors()} descriptors`);
        // They come again and again meanwhile.
        const flood = setInterval(() => {
          crowd.come(10, rtmp());
          crowd.come(10, http(HUNG_HEAD));
        }, 100);
        try {
          await publishAsEncodersDo('live/good');
          await cast.assertPlays(50, supervisor.url('live/good'));
          await cast.assertPlays(50, `http://127.0.0.1:${ports.http}/live/good.flv`);
          const api = await httpGet(`http://127.0.0.1:${ports.api}/api/v1/versions`);
          assert.equal(api.status, 200);
          assert.equal(await healthz(), 200);
          await assertChildComesBack();
        } finally {
          clearInterval(flood);
        }
        // In time: else it would have been killed.
        assert.equal(await supervisor.stop(), 0);
      });

      it('when all are served the next is refused; the box itself lacks nothing', async () => {
        await start();
        cast.publish(supervisor.url('live/good'));
        await supervisor.ownerOf('live/good');
        await until('some are refused', async () => {
          crowd.come(5, http(FILE));
          return (await counted('refused')) > 0;
        });
        const { status: code, headers } = await httpGet(`http://127.0.0.1:${ports.http}/x`);
        assert.equal(code, 503);
        assert.equal(headers['retry-after'], '1');
        assert.ok((await descriptors()) < DESCRIPTORS - 64, `${await descriptors()} descriptors`);
        assert.equal(await healthz(), 200);
        await assertChildComesBack();
        const row = (await supervisor.connections()).find(({ role }) => role === 'publish');
        assert.ok(row === undefined || row.bytesIn > 0);
        // In time: else it would have been killed.
        assert.equal(await supervisor.stop(), 0);
      });

      it('one address has its number on all ports together, and others theirs', async () => {
        await start({ SRS_SUPERVISOR_LIMITS_CONNECTIONS_PER_IP: '20' });
        const from = '127.0.0.2';
        crowd.come(50, rtmp(from));
        crowd.come(50, http(HUNG_HEAD, from));
        crowd.come(50, { ...http(HUNG_HEAD, from), port: ports.api });
        await until('the surplus is gone', () => crowd.size === 20);
        await until('it is counted', async () => (await counted('refused')) === 130);
        const { connections } = await status();
        assert.ok(connections <= 20, `${connections}`);
        cast.publish(supervisor.url('live/good'));
        await supervisor.ownerOf('live/good');
        await cast.assertPlays(50, supervisor.url('live/good'));
        const { listeners } = await status();
        assert.ok(
          listeners.every(({ clients }) => !clients || clients.refusedBy.connections === 0),
        );
      });
    });
  }
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import type { FanoutRow } from '../../src/listener/stream-feeds.js';
import { Cast } from '../helpers/cast.js';
import { makeCertificate } from '../helpers/certificate.js';
import { clientsOn } from '../helpers/child-api.js';
import { Haproxy } from '../helpers/haproxy.js';
import { HttpPlayer } from '../helpers/http-player.js';
import { assertDecoded } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Two seconds of the clip. */
const FRAMES = 50;
const NO_HAPROXY = spawnSync('haproxy', ['-v']).status === 0 ? false : 'no haproxy here';
/** Address of the clients of the load balancer. */
const STRANGER = '127.0.0.9';

for (const origin of origins()) {
  describe(`TLS before ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let folder: string;
    let ports: { https: number; apiHttps: number; rtmps: number };
    const cast = new Cast();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-tls-e2e-'));
      const { cert, key } = await makeCertificate(folder, 'first');
      ports = { https: await freePort(), apiHttps: await freePort(), rtmps: await freePort() };
      supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: 2,
        env: {
          SRS_SUPERVISOR_LISTEN_HTTPS: `${ports.https}`,
          SRS_SUPERVISOR_LISTEN_API_HTTPS: `${ports.apiHttps}`,
          SRS_SUPERVISOR_LISTEN_RTMPS: `${ports.rtmps}`,
          SRS_SUPERVISOR_TLS_CERT: cert,
          SRS_SUPERVISOR_TLS_KEY: key,
          SRS_SUPERVISOR_FANOUT_MODE: 'auto',
          SRS_SUPERVISOR_FANOUT_FROM: '2',
        },
      });
    });
    afterEach(() => cast.close());
    after(async () => {
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    async function nameAt(port: number): Promise<unknown> {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return subject.CN;
    }

    it('publishes and plays by RTMPS, and plays by HTTPS', async () => {
      const url = `rtmps://127.0.0.1:${ports.rtmps}/live/tls`;
      cast.publish(url);
      await supervisor.ownerOf('live/tls');
      const web = `https://127.0.0.1:${ports.https}/live/tls.flv`;
      await cast.assertPlays(FRAMES, url, web);
      const row = (await supervisor.connections()).find(({ role }) => role === 'publish');
      assert.match(row?.client ?? '', /^127\.0\.0\.1:\d+$/);
      assert.ok((row?.bytesIn ?? 0) > 0);
    });

    it('serves viewers of both by fan-out', async () => {
      const url = `rtmps://127.0.0.1:${ports.rtmps}/live/shared`;
      cast.publish(url);
      await supervisor.ownerOf('live/shared');
      const web = `https://127.0.0.1:${ports.https}/live/shared.flv`;
      const players = [url, url, web, web].map((one) => cast.playFrames(one, 4 * FRAMES));
      await until('one of each protocol has its feed', async () => {
        const rows = (await supervisor.streams()) as { readonly fanout?: FanoutRow }[];
        return rows.some(({ fanout }) => fanout?.viewers === 2 && fanout.feeds === 2);
      });
      for (const player of players) await assertDecoded(player, 4 * FRAMES);
    });

    it('shows a new certificate without a restart, and keeps whom it has', async () => {
      cast.publish(`rtmps://127.0.0.1:${ports.rtmps}/live/kept`);
      await supervisor.ownerOf('live/kept');
      const all = Object.values(ports);
      for (const port of all) assert.equal(await nameAt(port), 'first');
      const { pid } = supervisor;
      await makeCertificate(folder, 'second');
      for (const port of all) {
        await until('the new name', async () => (await nameAt(port)) === 'second');
      }
      assert.equal(supervisor.pid, pid);
      assert.ok((await supervisor.ownerOf('live/kept')).publishing);
    });
  });

  describe(`a load balancer before ${origin.name}`, { ...BOUNDED, skip: NO_HAPROXY }, () => {
    let supervisor: RunningSupervisor;
    let haproxy: Haproxy;
    let folder: string;
    let http: number;
    let listener: { rtmp: number; http: number; http2: number };
    const cast = new Cast();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-haproxy-e2e-'));
      http = await freePort();
      supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: 2,
        ports: { http },
        env: {
          SRS_SUPERVISOR_PROXIES_TRUSTED: '127.0.0.1',
          SRS_SUPERVISOR_PROXIES_PROTOCOL: 'rtmp,http',
          SRS_SUPERVISOR_RELAY_THREADS: '2',
        },
      });
      listener = { rtmp: await freePort(), http: await freePort(), http2: await freePort() };
      haproxy = await Haproxy.start(folder, [
        { from: listener.rtmp, to: supervisor.rtmpPort, option: 'send-proxy-v2' },
        { from: listener.http, to: http, option: 'send-proxy' },
        { from: listener.http2, to: http, option: 'send-proxy-v2' },
      ]);
    });
    afterEach(() => cast.close());
    after(async () => {
      await haproxy?.close();
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    it('hides nobody: rows and children know the true client', async () => {
      cast.publish(`rtmp://127.0.0.1:${listener.rtmp}/live/far`);
      await supervisor.ownerOf('live/far');
      const request = 'GET /live/far.flv HTTP/1.1\r\nHost: box\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n';
      for (const port of [listener.http, listener.http2]) {
        const socket = connectTcp({ port, host: '127.0.0.1', localAddress: STRANGER });
        socket
          .on('error', () => {})
          .resume()
          .write(request);
        const row = await until('its row', async () =>
          (await supervisor.connections()).find(
            ({ client, child }) => client === `${STRANGER}:${socket.localPort}` && child !== null,
          ),
        );
        const clients = await clientsOn(await supervisor.child(row.child ?? ''));
        assert.ok(clients.some(({ ip }) => ip === row.alias));
        socket.destroy();
      }
      await cast.assertPlays(FRAMES, `rtmp://127.0.0.1:${listener.rtmp}/live/far`);
    });

    it('is the only way in', async () => {
      const past = await HttpPlayer.get(http, '/live/far.flv');
      await past.ended;
      assert.equal(past.size, 0);
    });
  });
}

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { Cast } from '../helpers/cast.js';
import { HostileOrigin } from '../helpers/hostile-origin.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { moreFor } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 30;
const CHILDREN_AUTH = `Basic ${Buffer.from('root:of-children').toString('base64')}`;
const ORIGINS_AUTH = 'Bearer of-origins-only';
const TEMPLATE = `
http_api { enabled on; auth { enabled on; username root; password of-children; } }
vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }
`;

const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
const whole = (text: string) => head(text.length) + text;
const deep = `{"code":0,"streams":[${'['.repeat(1e6)}${']'.repeat(1e6)}]}`;
const crowd = `{"code":0,"streams":[${'{},'.repeat(1e6)}1]}`;
const dribble = (socket: Socket) => {
  socket.write(head(60_000));
  const timer = setInterval(() => socket.write(' '), 200);
  socket.on('error', () => {}).on('close', () => clearInterval(timer));
};
const ANSWERS: Readonly<Record<string, (socket: Socket) => void>> = {
  'are longer than the bound': (socket) => void socket.write(head(60_000_000)),
  'are deep': (socket) => void socket.write(whole(deep).repeat(2)),
  'are a crowd of objects': (socket) => void socket.write(whole(crowd).repeat(2)),
  'dribble for ever': dribble,
};

for (const origin of origins()) {
  describe(`an origin that lies beside a ${origin.name}`, BOUNDED, () => {
    let folder: string;
    let supervisor: RunningSupervisor;
    let ports: { http: number; api: number };
    let hostile: HostileOrigin;
    const cast = new Cast();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-hostile-'));
      const template = join(folder, 'srs.conf');
      await writeFile(template, TEMPLATE);
      ports = { http: await freePort(), api: await freePort() };
      const env = {
        SRS_SUPERVISOR_SRS_TEMPLATE: template,
        SRS_SUPERVISOR_ORIGINS_FROM: '127.0.0.1',
        SRS_SUPERVISOR_ORIGINS_AUTH: ORIGINS_AUTH,
      };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 1, ports, env });
    });
    beforeEach(async () => {
      hostile = await HostileOrigin.start(supervisor.adminPort);
    });
    afterEach(async () => {
      await cast.close();
      await hostile.leave();
      await hostile.dispose();
    });
    after(async () => {
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    /** Published streams by the merged API. */
    async function published(): Promise<string[]> {
      const headers = { authorization: CHILDREN_AUTH, connection: 'close' };
      const url = `http://127.0.0.1:${ports.api}/api/v1/streams/?count=100`;
      const answer = (await (await fetch(url, { headers })).json()) as {
        streams?: { name: string; child: string; publish: { active: boolean } }[];
      };
      const live = answer.streams?.filter(({ publish }) => publish.active) ?? [];
      return live.map(({ name, child }) => `${name} ${child}`).sort();
    }
    const shown = async () =>
      (await supervisor.children()).filter(({ managed }) => !managed).at(-1);
    const ready = () => until('it is ready', async () => (await shown())?.state === 'ready');

    it('hears the credentials of origins, and never those of our children', async () => {
      assert.equal((await hostile.beat()).status, 200);
      await ready();
      await until('the API asks it, too', () => hostile.api.shown.length > 8);
      assert.deepEqual(new Set(hostile.api.shown), new Set([ORIGINS_AUTH]));
    });

    it('takes no stream from who publishes it, nor from who is about to come back', async () => {
      const publisher = cast.publish(supervisor.url('live/held'));
      assert.equal((await supervisor.ownerOf('live/held')).child, 'c001');
      hostile.api.live = ['held', 'own'];
      await hostile.beat();
      await ready();
      assert.equal((await supervisor.ownerOf('live/own')).child, 'o001');
      await cast.assertPlays(FRAMES, supervisor.url('live/held'));
      await publisher.kill();
      await until('it has ended', async () => {
        const streams = await supervisor.streams();
        return streams.find(({ stream }) => stream.endsWith('/held'))?.publishing === false;
      });
      const asked = hostile.api.shown.length;
      await until('it is asked again', () => hostile.api.shown.length > asked + 2);
      cast.publish(supervisor.url('live/held'));
      assert.equal((await supervisor.ownerOf('live/held')).child, 'c001');
      await cast.assertPlays(FRAMES, supervisor.url('live/held'));
    });

    for (const [name, answer] of Object.entries(ANSWERS)) {
      it(`harms nobody by answers that ${name}`, async () => {
        cast.publish(supervisor.url('live/good'));
        // Whoever is let in gets its share of new streams.
        assert.equal((await supervisor.ownerOf('live/good')).child, 'c001');
        const player = await cast.play(supervisor.url('live/good'));
        await hostile.beat();
        await ready();
        hostile.api.instead = answer;
        await until('it gets no new streams', async () => (await shown())?.answering === false);
        await until('the good stream is shown', async () =>
          (await published()).includes('good c001'),
        );
        await moreFor(player);
        assert.equal((await shown())?.state, 'ready');
        assert.deepEqual(await published(), ['good c001']);
        assert.equal(supervisor.hasExited, false);
      });
    }
  });
}

describe('a box that names no origins', BOUNDED, () => {
  it('lets none register, and says once and shows which key is missing', async () => {
    const [origin] = origins();
    const supervisor = await RunningSupervisor.start({ origin: origin?.path ?? '', children: 1 });
    const hostile = await HostileOrigin.start(supervisor.adminPort);
    try {
      const answers = [await hostile.beat(), await hostile.beat()];
      const line =
        'register: 127.0.0.1 may not register: add it to origins.from, or set origins.token';
      for (const { status, text } of answers) {
        assert.deepEqual([status, JSON.parse(text)], [403, { error: line }]);
      }
      assert.equal(hostile.api.shown.length, 0);
      const { origins: shown } = await supervisor.get<AdminStatus>('status');
      const [row] = shown.refused;
      assert.deepEqual([shown.mayRegister, row?.reason, row?.times], [false, line, 2]);
      assert.equal(supervisor.output.split(line).length - 1, 1);
    } finally {
      await hostile.dispose();
      await supervisor.dispose();
    }
  });
});

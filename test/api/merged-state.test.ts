import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Ffmpeg, playFrames, publish } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { key } from '../helpers/stream-key.js';
import { BOUNDED, until } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';
import { ALIAS, ALIAS_CLIENT, IDENTITY, OWN_ADDRESS, type Row, TestBox } from './rig.js';

const CHILDREN = ['c001', 'c002', 'c003'];
/** More than a test lasts. */
const FOR_EVER = 1_000_000;

const CATALOGUES = new Set(['/', '/api/', '/api/v1/', '/api/v1/nothing', '/nothing']);

/** Key paths of a JSON value; elements of arrays count as one. */
function keysOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOf(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) => [
    `${path}.${key}`,
    ...keysOf(item, `${path}.${key}`),
  ]);
}

function sum(rows: readonly Row[], field: string): number {
  return rows.reduce((total, row) => total + Number(row[field]), 0);
}

for (const origin of origins()) {
  describe(`the merged API of three children, ${origin.name}`, BOUNDED, () => {
    let box: TestBox;
    let media: Ffmpeg[] = [];
    const clients: RtmpClient[] = [];

    before(async () => {
      box = await TestBox.start({ origin, children: 3 });
      media = CHILDREN.map((id) => publish(box.rtmp(id, `on-${id}`)));
      await until('three streams with media', async () => {
        const streams = await box.rows('streams');
        return streams.filter(({ video, audio }) => video && audio).length === 3;
      });
      for (const id of CHILDREN) {
        for (let i = 0; i < 4; i++) clients.push(await player(box, id));
      }
      await until('fifteen clients', async () => (await box.rows('clients')).length === 15);
    });

    after(async () => {
      for (const client of clients) client.close();
      await Promise.all(media.map((one) => one.kill()));
      await box?.close();
    });

    it('has in each answer all that a single child has in it', async () => {
      for (const path of await comparablePaths(box)) {
        const { merged, single } = path;
        const ours = new Set(keysOf(await box.ask(merged)));
        const answer = await box.direct('c001', single);
        // mini-srs answers what it has not with its list of what it has.
        if ('urls' in answer && !CATALOGUES.has(single)) continue;
        const theirs = [...new Set(keysOf(answer))];
        assert.ok(theirs.length > 0);
        assert.deepEqual(
          theirs.filter((key) => !ours.has(key)),
          [],
          merged,
        );
      }
    });

    it('speaks with one voice', async () => {
      const { code, server, service, pid } = await box.ask('/api/v1/versions');
      assert.deepEqual(
        { code, server, service, pid },
        {
          code: 0,
          server: IDENTITY.server,
          service: IDENTITY.service,
          pid: String(IDENTITY.pid),
        },
      );
    });

    it('sums what children count', async () => {
      const [vhost, ...others] = await box.rows('vhosts');
      assert.deepEqual(others, []);
      assert.equal(vhost?.clients, 15);
      assert.equal(vhost?.streams, 3);
      const direct = await Promise.all(CHILDREN.map((id) => box.direct(id, '/api/v1/summaries')));
      const before = direct.map(({ data }) => (data as Row).system as Row);
      await until('newer sums', async () => {
        const { data } = await box.ask('/api/v1/summaries');
        const { system, self } = data as Record<string, Row>;
        assert.equal(self?.pid, IDENTITY.pid);
        return Number(system?.srs_recv_bytes) >= sum(before, 'srs_recv_bytes');
      });
    });

    it('counts in metrics, and names each child', async () => {
      await until('sums', async () => {
        const text = await (await fetch(`${box.url}/metrics`)).text();
        assert.equal([...text.matchAll(/^srs_build_info\{child="c00\d",server=/gm)].length, 3);
        assert.equal([...text.matchAll(/^srs_node_uname_info\{/gm)].length, 1);
        return /^srs_clients 15$/m.test(text) && /^srs_streams 3$/m.test(text);
      });
    });

    it('gives one id to a vhost, and leads from clients to streams to vhosts', async () => {
      const [vhost] = await box.rows('vhosts');
      const streams = await box.rows('streams');
      assert.deepEqual([...new Set(streams.map((stream) => stream.vhost))], [vhost?.id]);
      assert.deepEqual(
        streams.map(({ child }) => child),
        CHILDREN,
      );
      for (const client of await box.rows('clients')) {
        const stream = streams.find(({ id }) => id === client.stream);
        assert.equal(stream?.child, client.child);
        assert.equal(client.vhost, vhost?.id);
      }
      const { vhost: one } = await box.ask(`/api/v1/vhosts/${vhost?.id}`);
      assert.equal((one as Row).name, '__defaultVhost__');
    });

    it('shows the client behind an alias', async () => {
      const aliased = await player(box, 'c002', ALIAS);
      await until('its own address', async () =>
        (await box.rows('clients')).some(({ ip }) => ip === ALIAS_CLIENT),
      );
      aliased.close();
      await until('it has left', async () => (await box.rows('clients')).length === 15);
    });

    it('shows no client of our own', async () => {
      const own = await player(box, 'c002', OWN_ADDRESS);
      const other = await player(box, 'c002', ALIAS);
      await until('the one who came later', async () =>
        (await box.rows('clients')).some(({ ip }) => ip === ALIAS_CLIENT),
      );
      assert.equal((await box.rows('clients')).length, 16);
      own.close();
      other.close();
      await until('they have left', async () => (await box.rows('clients')).length === 15);
    });

    it('pages over children', async () => {
      const all = (await box.rows('clients')).map(({ id }) => id);
      assert.equal(new Set(all).size, 15);
      const pages = [await box.rows('clients', ''), await box.rows('clients', '?start=10&count=1')];
      assert.deepEqual(
        pages.map((page) => page.length),
        [10, 5],
      );
      assert.deepEqual(
        pages.flat().map(({ id }) => id),
        all,
      );
    });

    it('kicks the one that is meant, and nobody else', async () => {
      const known = new Set((await box.rows('clients')).map(({ id }) => id));
      const frames = CHILDREN.slice(0, 2).map((id) =>
        playFrames(box.rtmp(id, `on-${id}`), FOR_EVER),
      );
      const [victim, bystander] = frames as [Ffmpeg, Ffmpeg];
      media.push(...frames);
      const added = await until('two more clients', async () => {
        const rows = (await box.rows('clients')).filter(({ id }) => !known.has(id));
        return rows.length === 2 ? rows : null;
      });
      const target = added.find(({ child }) => child === 'c001');
      const answer = await box.ask(`/api/v1/clients/${target?.id}`, { method: 'DELETE' });
      assert.equal(answer.code, 0);
      assert.equal(answer.server, IDENTITY.server);
      await victim.ended;
      await until('it is gone', async () => (await box.rows('clients')).length === 16);
      assert.ok(bystander.isRunning);
      assert.ok(media.slice(0, 3).every((one) => one.isRunning));
      assert.equal((await box.ask(`/api/v1/clients/${target?.id}`)).code, 2049);
      await bystander.kill();
      await until('he has left', async () => (await box.rows('clients')).length === 15);
    });

    it('kicks a client that a hook has named before it was in any list', async () => {
      const before = new Set((await box.rows('clients')).map(({ id }) => id));
      const late = await player(box, 'c003');
      const row = await until('the child knows it', async () => {
        const { clients: rows } = await box.direct('c003', '/api/v1/clients/?count=100');
        return (rows as Row[]).find(({ id }) => !before.has(id)) ?? null;
      });
      box.api.noteClient({ child: 'c003', id: String(row.id) });
      const answer = await box
        .ask(`/api/v1/clients/${row.id}?callback=f&method=DELETE`)
        .catch(() => null);
      assert.equal(answer, null, 'JSONP is no JSON');
      await until('it is closed', () => late.closed);
    });

    it('tells which child has which stream', async () => {
      const on = { stream: key('__defaultVhost__/live/a'), child: 'c002', publishing: true };
      box.placed = [{ ...on, clients: 1, since: 1 }];
      const { origins: rows, streams } = await box.ask('/api/v1/origins');
      assert.deepEqual(
        (rows as Row[]).map(({ id, ready }) => [id, ready]),
        CHILDREN.map((id) => [id, true]),
      );
      assert.deepEqual(
        (streams as Row[]).map(({ stream, child }) => [stream, child]),
        [[on.stream, 'c002']],
      );
      const query = 'vhost=any.example&app=live&stream=a&coworker=192.0.2.1:1985';
      const { data } = await box.ask(`/api/v1/clusters?${query}`);
      const { ip, port } = (data as Record<string, Row>).origin ?? {};
      assert.deepEqual({ ip, port }, { ip: '192.0.2.1', port: 1935 });
    });
  });

  describe(`children that die or hang under the merged API, ${origin.name}`, BOUNDED, () => {
    it('goes on answering, without them', () => deathAndHang(origin));
  });
}

async function player(box: TestBox, id: string, from?: string): Promise<RtmpClient> {
  const client = await RtmpClient.open(box.child(id).ports.rtmp, from);
  client.play(`rtmp://127.0.0.1/live`, `on-${id}`);
  return client;
}

/** Paths whose answers are compared; of vhosts, streams and clients one by id as well. */
async function comparablePaths(box: TestBox): Promise<{ merged: string; single: string }[]> {
  const plain = [
    '/',
    '/api/',
    '/api/v1/',
    ...'versions summaries rusages self_proc_stats system_proc_stats meminfos authors features'
      .split(' ')
      .map((name) => `/api/v1/${name}`),
    '/api/v1/tests/requests',
    '/api/v1/tests/errors',
    '/api/v1/raw?rpc=raw',
    '/api/v1/clusters?vhost=a&app=b&stream=c',
    '/api/v1/nothing',
    '/nothing',
  ];
  const listed = [];
  for (const name of ['vhosts', 'streams', 'clients'] as const) {
    const path = `/api/v1/${name}/`;
    const rows = (await box.direct('c001', path))[name] as Row[];
    const [ours] = await box.rows(name);
    listed.push({ merged: path, single: path });
    listed.push({ merged: `${path}${ours?.id}`, single: `${path}${rows[0]?.id}` });
  }
  return [...plain.map((path) => ({ merged: path, single: path })), ...listed];
}

async function deathAndHang(origin: Origin): Promise<void> {
  const box = await TestBox.start({ origin, children: 3 });
  const media = CHILDREN.map((id) => publish(box.rtmp(id, `on-${id}`)));
  const children = async () => (await box.rows('streams')).map(({ child }) => child);
  try {
    await until('three streams', async () => (await children()).length === 3);
    const { data: before } = await box.ask('/api/v1/summaries');
    const [, hung, dead] = CHILDREN.map((id) => box.child(id).pid ?? 0) as [number, number, number];
    process.kill(dead, 'SIGKILL');
    await until('the dead one is left out', async () => !(await children()).includes('c003'));
    process.kill(hung, 'SIGSTOP');
    await until('the hung one is left out', async () => !(await children()).includes('c002'));
    assert.ok((await children()).includes('c001'));
    const { data: after } = await box.ask('/api/v1/summaries');
    const received = (data: unknown) => Number(((data as Row).system as Row).srs_recv_bytes);
    assert.ok(received(after) >= received(before), 'no counter goes backwards');
    assert.equal((await box.ask('/api/v1/features')).code, 0);
  } finally {
    await Promise.all(media.map((one) => one.kill()));
    await box.close();
  }
}

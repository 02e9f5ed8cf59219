import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import { ApiDocument } from '../helpers/api-document.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Holds real answers of the admin port, with a stream in that child, against its document. */
async function answersAsDescribed(box: RunningSupervisor, child: string): Promise<void> {
  const base = `http://${box.host}:${box.adminPort}`;
  const document = new ApiDocument(await box.get<object>('openapi.json'));
  const other = child === 'c001' ? 'c002' : 'c001';
  const paths: Record<string, string> = { id: other, key: 'live%2Fa' };
  const ask = async (operation: string, status: number, body?: object): Promise<unknown> => {
    const [method = '', path = ''] = operation.split(' ');
    const url = `${base}${path.replace(/\{(\w+)\}/g, (_, name) => paths[name] ?? '')}`;
    const answer = await fetch(url, { method, body: body ? JSON.stringify(body) : null });
    const said: unknown = await answer.json();
    assert.equal(answer.status, status, `${operation}: ${JSON.stringify(said)}`);
    document.check(operation, status, said);
    return said;
  };
  for (const name of ['status', 'children', 'streams', 'connections', 'clients', 'events']) {
    const rows = await ask(`GET /admin/v1/${name}`, 200);
    assert.ok(name === 'status' || (rows as unknown[]).length > 0, name);
  }
  await ask('GET /healthz', 200);
  await ask('GET /api/v1/versions', 200);
  await ask('GET /admin/v1/streams/{key}/timeline', 200);
  await ask('POST /admin/v1/children/{id}/drain', 200);
  await ask('POST /admin/v1/children/{id}/undrain', 200);
  await ask('POST /admin/v1/children/{id}/restart', 400, { timeout: -1 });
  const { id } = (await ask('POST /admin/v1/children/{id}/restart', 202)) as { id: number };
  await ask('POST /admin/v1/scale', 409, { count: 3 });
  await ask('GET /admin/v1/status', 200);
  paths.id = `${id}`;
  const isOver = async () => {
    const job = (await ask('GET /admin/v1/jobs/{id}', 200)) as { state: string };
    return job.state !== 'running';
  };
  await until('the job', isOver);
  await ask('DELETE /admin/v1/jobs/{id}', 200);
  await ask('GET /admin/v1/jobs', 200);
  await ask('POST /admin/v1/reload', 200, { dryRun: true });
  const player = (await box.connections()).find(({ role }) => role === 'play');
  await ask('POST /admin/v1/kick', 200, { client: player?.id });
  await ask('POST /admin/v1/kick', 404, { ip: '192.0.2.1' });
}

for (const origin of origins()) {
  describe(`metrics, ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      const size = { origin: origin.path, children: 2 };
      const env = { SRS_SUPERVISOR_METRICS_STREAMS: '1' };
      supervisor = await RunningSupervisor.start({ ...size, env });
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
    });

    /** Returns the values of the samples by name and labels. */
    async function samples(): Promise<Map<string, number>> {
      const url = `http://${supervisor.host}:${supervisor.adminPort}/metrics`;
      const answer = await fetch(url);
      assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
      const lines = (await answer.text()).split('\n').filter((line) => /^[a-z]/.test(line));
      return new Map(
        lines.map((line) => {
          const [, name = '', value] = /^srs_supervisor_(.*) (\S+)$/.exec(line) ?? [];
          return [name, Number(value)];
        }),
      );
    }
    const comes = (name: string, fits: (value: number) => boolean) =>
      until(name, async () => fits((await samples()).get(name) ?? Number.NaN));

    it('follow media and a child that dies, and the admin port answers as it is described', async () => {
      const player = await cast.play(supervisor.url('live/a'));
      cast.publish(supervisor.url('live/a'));
      await until('media', () => player.received.length > 10);
      const { child } = await supervisor.ownerOf('live/a');
      await comes('listener_received_bytes_total{listener="rtmp"}', (bytes) => bytes > 1000);
      await comes('listener_sent_bytes_total{listener="rtmp"}', (bytes) => bytes > 1000);
      await comes(`child_clients{child="${child}"}`, (clients) => clients === 2);
      const before = await samples();
      assert.equal(before.get('streams'), 1);
      assert.equal(before.get('state{state="ready"}'), 1);
      assert.equal(before.get('hook_calls_total{action="on_publish",outcome="ok"}'), 1);
      assert.equal(before.get('hook_duration_seconds_count{action="on_publish"}'), 1);
      const stream = `stream_clients{stream="__defaultVhost__/live/a",child="${child}"}`;
      assert.equal(before.get(stream), 2);
      assert.ok((before.get('event_loop_lag_seconds_count') ?? 0) > 0);
      assert.ok((before.get('relay_thread_sent_bytes_total{thread="0"}') ?? 0) > 1000);
      assert.ok(before.has('relay_thread_cpu_seconds_total{thread="0"}'));
      assert.ok((before.get('relay_thread_lag_seconds_count{thread="0"}') ?? 0) > 0);
      assert.equal(before.get('listener_first_bytes_seconds_count{listener="rtmp"}'), 1);

      await answersAsDescribed(supervisor, child);
      const downs = 'events_total{type="child-down"}';
      const earlier = (await samples()).get(downs) ?? 0;

      signal((await supervisor.child(child)).pid ?? 0, 'SIGKILL');
      await comes(`child_restarts_total{child="${child}"}`, (count) => count === 1);
      await comes(`child_up{child="${child}"}`, (up) => up === 1);
      const later = await samples();
      assert.equal(later.get(`child_generation{child="${child}"}`), 2);
      assert.equal(later.get(downs), earlier + 1);
    });
  });
}

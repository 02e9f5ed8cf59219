import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { adminAsk, adminOpen } from '../../src/admin/client.js';
import { MOST_READERS } from '../../src/admin/event-reader.js';
import { eventRoutes } from '../../src/admin/event-routes.js';
import { AdminServer } from '../../src/admin/server.js';
import type { EventEntry, SupervisorEvent } from '../../src/events/event.js';
import { EventLog } from '../../src/events/event-log.js';
import type { Timeline } from '../../src/events/publication.js';
import { key } from '../helpers/stream-key.js';
import { until } from '../helpers/until.js';
import { source } from './fixtures.js';

const stream = '__defaultVhost__/live/s';
const SSE = { accept: 'text/event-stream' };
const up = (child: string): SupervisorEvent => ({ type: 'child-up', child, generation: 1, pid: 7 });

let events: EventLog;
let server: AdminServer;
let address = { host: '127.0.0.1', port: 0 };

async function open(log: EventLog): Promise<AdminServer> {
  const told = { publisher: null, bitrate: null, since: 1_000 };
  const row = { stream: key(stream), child: 'c001', publishing: true, clients: 3, ...told };
  const rows = source({ streams: async () => [row] });
  const plugins = [eventRoutes({ events: log, source: rows })];
  const opened = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    source: rows,
    plugins,
  });
  await opened.start();
  return opened;
}

before(async () => {
  events = new EventLog();
  server = await open(events);
  address = { host: '127.0.0.1', port: server.address().port };
});
after(() => server.close());

const get = <T>(path: string) =>
  adminAsk<T>({ address, token: null }, { method: 'GET', path: `/admin/v1/${path}` });

/** A reader of server-sent events, and what it has had. */
class Reader {
  text = '';
  readonly #response: IncomingMessage;
  isOver = false;

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('data', (bytes: Buffer) => {
      this.text += bytes;
    });
    response.on('error', () => {});
    response.once('close', () => {
      this.isOver = true;
    });
  }

  static async open(query = '', headers = {}, at = address): Promise<Reader> {
    const path = `/admin/v1/events${query}`;
    const port = { address: at, token: null };
    const signal = new AbortController().signal;
    return new Reader(await adminOpen(port, path, { ...SSE, ...headers }, signal));
  }

  get headers() {
    return this.#response.headers;
  }

  /** The values of a field, in their order. */
  values(name: string): string[] {
    const lines = this.text.split('\n\n').slice(0, -1).join('\n').split('\n');
    return lines.flatMap((line) =>
      line.startsWith(`${name}: `) ? line.slice(name.length + 2) : [],
    );
  }

  entries(): EventEntry[] {
    return this.values('data').map((line) => JSON.parse(line) as EventEntry);
  }

  close(): void {
    this.#response.destroy();
  }
}

test('lists events as JSON, of a stream or child, or the last ones', async () => {
  events.record(up('c001'));
  events.record({ type: 'publish', stream, child: 'c001' });
  events.record(up('c002'));
  const types = async (query: string) =>
    (await get<EventEntry[]>(`events${query}`)).map(({ event }) => event.type);
  assert.deepEqual(await types(''), ['child-up', 'publish', 'child-up']);
  assert.deepEqual(await types('?stream=live/s'), ['publish']);
  assert.deepEqual(await types(`?stream=${stream}`), ['publish']);
  assert.deepEqual(await types('?child=c001'), ['child-up', 'publish']);
  assert.deepEqual(await types('?last=1'), ['child-up']);
  assert.deepEqual(await types('?last=0'), []);
  await assert.rejects(get('events?last=x'), { message: /last: must be a whole number/ });
});

test('tells the timeline of a stream', async () => {
  const known = await get<Timeline>('streams/live%2Fs/timeline');
  assert.equal(known.stream, stream);
  assert.deepEqual(known.live, { child: 'c001', publishing: true, clients: 3, since: 1000 });
  assert.deepEqual(
    known.publications.map(({ child, ended }) => [child, ended]),
    [['c001', null]],
  );
  assert.deepEqual(known.events, await get('events?stream=live/s'));
  const unknown = await get<Timeline>('streams/live%2Fx/timeline');
  assert.deepEqual([unknown.live, unknown.publications, unknown.events], [null, [], []]);
});

test('sends events as they come, and continues after Last-Event-ID without a gap', async () => {
  const reader = await Reader.open();
  assert.equal(reader.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(reader.headers['cache-control'], 'no-store');
  await until('the kept events', () => reader.entries().length === 3);
  events.record(up('c003'));
  await until('the next', () => reader.entries().length === 4);
  assert.deepEqual(reader.entries(), await get('events'));
  assert.deepEqual(
    reader.values('id'),
    reader.entries().map(({ id }) => id),
  );
  assert.deepEqual(reader.values('event').at(-1), 'child-up');
  reader.close();
  for (let index = 0; index < 2000; index += 1) events.record(up(`c${index}`));
  const again = await Reader.open('', { 'last-event-id': reader.values('id').at(-1) });
  await until('the missed', () => again.entries().length === 2000);
  assert.deepEqual(
    again.entries().map(({ event }) => 'child' in event && event.child),
    Array.from({ length: 2000 }, (_, index) => `c${index}`),
  );
  again.close();
  const last = await Reader.open('?last=2');
  await until('two', () => last.entries().length === 2);
  events.record(up('c004'));
  await until('three', () => last.entries().length === 3);
  last.close();
});

test('tells a reader that events are lost', async () => {
  const small = new EventLog({ limits: { entries: 2, bytes: 1e6, ageMs: 1e6 } });
  const other = await open(small);
  const at = { host: '127.0.0.1', port: other.address().port };
  for (const child of ['c001', 'c002', 'c003', 'c004']) small.record(up(child));
  const old = await Reader.open('', { 'last-event-id': small.idOf(1) }, at);
  await until('all', () => old.values('data').length === 3);
  assert.deepEqual(old.values('event'), ['lost', 'child-up', 'child-up']);
  const foreign = await Reader.open('', { 'last-event-id': 'nonsense' }, at);
  await until('all', () => foreign.values('data').length === 3);
  const known = await Reader.open('', { 'last-event-id': small.idOf(2) }, at);
  await until('two', () => known.values('data').length === 2);
  assert.deepEqual(known.values('event'), ['child-up', 'child-up']);
  await other.close();
  await until('the end of all', () => [old, foreign, known].every(({ isOver }) => isOver));
});

test('a reader that takes nothing costs no more than its socket, and is closed', async () => {
  const log = new EventLog({ limits: { entries: 4000, bytes: 1e9, ageMs: 1e9 } });
  const other = await open(log);
  const { port } = other.address();
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'GET /admin/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n',
  );
  await once(socket, 'readable');
  const reason = 'x'.repeat(512);
  const fill = () => {
    for (let index = 0; index < 1000; index += 1) log.record({ type: 'registry-away', reason });
  };
  // More than the log keeps, while the reader has taken no more than its socket has room for.
  for (let round = 0; round < 8; round += 1) fill();
  let bytes = 0;
  socket.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
  assert.ok(bytes < 4000 * 600, `${bytes}`);
  await other.close();
});

test('refuses more readers than there may be, and lets others in when some have left', async () => {
  const other = await open(new EventLog());
  const at = { host: '127.0.0.1', port: other.address().port };
  const readers: Reader[] = [];
  for (let count = 0; count < MOST_READERS; count += 1) {
    readers.push(await Reader.open('', {}, at));
  }
  await assert.rejects(Reader.open('', {}, at), { message: /readers of events are there/ });
  readers[0]?.close();
  await until('a place', async () => {
    const asked = request({ ...at, path: '/admin/v1/events', headers: SSE }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.destroy();
    return response.statusCode === 200;
  });
  await other.close();
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { platform } from 'node:os';
import { afterEach, describe, it } from 'node:test';
import { AliasBook } from '../../../src/listener/aliases.js';
import { TrustedProxies } from '../../../src/listener/client-address.js';
import type { HookClient } from '../../../src/listener/held-hooks.js';
import { HoldBudget } from '../../../src/listener/hold-budget.js';
import { HttpListener } from '../../../src/listener/http/listener.js';
import type { LiveOptions } from '../../../src/listener/http/live-relay.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { liveMatcher } from '../../../src/protocol/http/live.js';
import { NativeEngine } from '../../../src/relay/native/engine.js';
import { PortableEngine } from '../../../src/relay/portable/tcp.js';
import type { RelayEngine } from '../../../src/relay/relay.js';
import { NO_HOOK_CLIENT } from '../../helpers/held-hooks.js';
import { Acceptor, closing } from '../../helpers/sockets.js';
import { until } from '../../helpers/until.js';

const OWNER = { id: 'c001', generation: 1 };
const MOUNT = { vhost: '__defaultVhost__', mount: '[vhost]/[app]/[stream].flv', isEdge: false };
const HEAD = 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Type: video/x-flv\r\n\r\n';

/** A listener before one child that the test plays, and what became of both. */
class Rig {
  readonly engine: RelayEngine;
  readonly child: Acceptor;
  readonly listener: HttpListener;
  readonly aliases = new AliasBook();
  /** Streams that are published. */
  readonly published = new Set<string>(['__defaultVhost__/live/x']);
  readonly waiting: (() => void)[] = [];
  /** What hooks heard of those who waited. */
  readonly told: string[] = [];
  readonly holds = new HoldBudget({ heldPlayers: 3, heldPlayersPerIp: 2 });
  /** What `on_play` answers. */
  verdict: Promise<boolean> = Promise.resolve(true);
  released = 0;
  deleted = 0;
  hasChild = true;

  private constructor(engine: RelayEngine, child: Acceptor, live: Partial<LiveOptions>) {
    this.engine = engine;
    this.child = child;
    this.listener = new HttpListener({
      name: 'listen.http',
      address: { host: '127.0.0.1', port: 0 },
      tls: null,
      trusted: new TrustedProxies([]),
      proxyProtocol: false,
      limits: { connections: 100, connectionsPerIp: 0 },
      identifyMs: 30_000,
      plugins: [
        async (app) => {
          app.get('/page', async () => 'a page');
          app.delete('/page', async () => {
            this.deleted += 1;
            return 'deleted';
          });
        },
      ],
      live: {
        match: liveMatcher([MOUNT], [MOUNT.vhost]),
        whenPublished: (stream, signal) => this.#whenPublished(stream, signal),
        route: async () => this.#route(),
        engine,
        aliases: this.aliases,
        waitMs: 30_000,
        holds: this.holds,
        hooks: { open: ({ ip }) => this.#hookClient(ip) },
        server: 'SRS/7.0.18(Hang)',
        logger: silentLogger,
        ...live,
      },
      logger: silentLogger,
    });
  }

  #hookClient(ip: string): HookClient {
    const tell = (text: string) => void this.told.push(text);
    return {
      ...NO_HOOK_CLIENT,
      play: ({ name, tcUrl, param, pageUrl }) => {
        tell(`play ${ip} ${name.stream} ${tcUrl} ${param} ${pageUrl}`);
        return this.verdict;
      },
      goesBy: (alias) => tell(`goes by ${alias}`),
      served: () => tell('served'),
      leave: () => tell('leave'),
    };
  }

  static async open(engine: RelayEngine, live: Partial<LiveOptions> = {}): Promise<Rig> {
    const rig = new Rig(engine, await Acceptor.open(), live);
    await rig.listener.start();
    return rig;
  }

  get port(): number {
    return this.listener.address()?.port ?? 0;
  }

  /** A client that has sent this, and all that it has read so far. */
  async client(text: string): Promise<Client> {
    return Client.open(this.port, text);
  }

  async empties(): Promise<void> {
    await until('nobody is left', () => this.listener.summary().connections === 0);
    assert.equal(this.aliases.size, 0);
  }

  async close(): Promise<void> {
    await this.listener.close();
    await this.engine.close();
    await this.child.close();
  }

  publish(stream: string): void {
    this.published.add(stream);
    for (const wake of this.waiting) wake();
  }

  #route() {
    if (!this.hasChild) return null;
    const ports = { rtmp: 0, http: this.child.port, api: 0, rtc: 0, srt: 0 };
    return { owner: OWNER, host: '127.0.0.1', ports, release: () => void this.released++ };
  }

  #whenPublished(stream: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = () => this.published.has(stream) && resolve(true);
      answer();
      if (signal.aborted) return resolve(false);
      this.waiting.push(answer);
      signal.addEventListener('abort', () => resolve(false));
    });
  }
}

class Client {
  readonly socket: Socket;
  text = '';
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.text += bytes.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async open(port: number, text: string): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new Client(socket);
    await once(socket, 'connect');
    socket.write(text);
    return client;
  }

  async reads(text: string | RegExp): Promise<void> {
    const found = () =>
      typeof text === 'string' ? this.text.includes(text) : text.test(this.text);
    await until(() => `'${text}' in '${this.text}'`, found);
  }

  async ends(): Promise<void> {
    await until('the connection has ended', () => this.isClosed || this.socket.readableEnded);
    this.socket.end();
    await until('the connection is closed', () => this.isClosed);
  }
}

/** The head that a child is sent. */
async function headAt(child: Socket): Promise<string> {
  let text = '';
  child.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  child.resume();
  await until('a whole head', () => text.includes('\r\n\r\n'));
  return text;
}

const GET = 'GET /live/x.flv?token=1 HTTP/1.1\r\nHost: box\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n';

function suite(name: string, make: () => RelayEngine): void {
  describe(`live streams over the ${name} relay`, () => {
    let rig: Rig;
    afterEach(() => rig.close());

    it('are relayed raw, and the client’s later bytes go nowhere', async () => {
      rig = await Rig.open(make());
      const client = await rig.client(`${GET}GET /page HTTP/1.1\r\nHost: box\r\n\r\n`);
      const child = await rig.child.next();
      const head = await headAt(child);
      assert.match(head, /^GET \/live\/x\.flv\?token=1 HTTP\/1\.1\r\nHost: box\r\n/);
      assert.match(head, /X-Forwarded-For: 127\.0\.0\.1\r\n/);
      assert.doesNotMatch(head, /6\.6\.6\.6|page/);
      child.write(`${HEAD}media `);
      await client.reads('media ');
      const [row] = await rig.listener.rows();
      assert.equal(row?.child, 'c001');
      assert.equal(row?.stream, '__defaultVhost__/live/x');
      assert.equal(row?.client, `127.0.0.1:${client.socket.localPort}`);
      assert.equal(await rig.listener.clientOf(row?.alias ?? ''), row?.client);
      client.socket.write('DELETE /page HTTP/1.1\r\nHost: box\r\n\r\n');
      child.write('more');
      await client.reads(`${HEAD}media more`);
      child.end(' end');
      await client.ends();
      assert.equal(client.text, `${HEAD}media more end`);
      await rig.empties();
      assert.equal(rig.deleted, 0);
      assert.equal(rig.released, 1);
      assert.equal(rig.listener.summary().counters.relayed, 1);
    });

    it('follow pages on the same connection, also where all were asked for at once', async () => {
      rig = await Rig.open(make());
      const page = 'GET /page HTTP/1.1\r\nHost: box\r\n\r\n';
      const kept = await rig.client(page);
      await kept.reads('a page');
      kept.socket.write(GET);
      const pipelined = await rig.client(page + page + GET);
      for (const client of [kept, pipelined]) {
        const child = await rig.child.next();
        await headAt(child);
        child.end(`${HEAD}media`);
        await client.ends();
        assert.ok(client.text.endsWith(`a page${HEAD}media`), client.text);
      }
      assert.equal(pipelined.text.split('a page').length, 3);
      await rig.empties();
    });

    it('end at once when their child does', async () => {
      rig = await Rig.open(make());
      const client = await rig.client(GET);
      const child = await rig.child.next();
      child.write(HEAD);
      await client.reads(HEAD);
      rig.listener.endOf(OWNER, 'it is gone');
      await client.ends();
      await rig.empties();
    });

    it('end at the child when the client leaves', async () => {
      rig = await Rig.open(make());
      const client = await rig.client(GET);
      const child = await rig.child.next();
      child.write(HEAD);
      await client.reads(HEAD);
      const closed = closing(child);
      client.socket.destroy();
      const media = setInterval(() => child.writable && child.write('media'), 5);
      await closed;
      clearInterval(media);
      await rig.empties();
    });

    it('go on for a client that has nothing more to say, and end when it is gone', async () => {
      rig = await Rig.open(make());
      const client = await rig.client(GET);
      client.socket.end();
      const child = await rig.child.next();
      await headAt(child);
      const closed = closing(child);
      for (const media of [HEAD, 'some ', 'more ', 'media']) {
        child.write(media);
        await client.reads(media);
      }
      assert.equal(client.text, `${HEAD}some more media`);
      assert.equal(rig.listener.summary().connections, 1);
      client.socket.destroy();
      const media = setInterval(() => child.writable && child.write('media'), 5);
      await closed;
      clearInterval(media);
      await rig.empties();
    });
  });
}

suite('portable', () => new PortableEngine());
if (platform() === 'linux') suite('native', () => new NativeEngine({ threads: 1 }));

describe('a request for a live stream', () => {
  let rig: Rig;
  const make = async (live: Partial<LiveOptions> = {}) => {
    rig = await Rig.open(new PortableEngine(), live);
  };
  afterEach(() => rig.close());
  const other = GET.replace('/x.', '/y.');

  it('waits for its stream', async () => {
    await make();
    const client = await rig.client(other);
    await until('it waits', () => rig.waiting.length === 1);
    rig.publish('__defaultVhost__/live/y');
    const child = await rig.child.next();
    const { remoteAddress: alias } = child;
    const head = await headAt(child);
    child.end(HEAD);
    await client.ends();
    assert.equal(client.text, HEAD);
    await rig.empties();
    assert.equal(rig.holds.size, 0);
    assert.deepEqual(rig.told, [
      'play 127.0.0.1 y rtmp://__defaultVhost__/live ?token=1 ',
      `goes by ${alias}`,
      'served',
      'leave',
    ]);
    // By this its hooks are known for those of a client that the user knows already.
    assert.ok(head.includes(`X-Forwarded-For: ${alias}\r\n`), head);
  });

  it('is answered 403 where a hook refuses it while it waits, at once', async () => {
    await make();
    rig.verdict = Promise.resolve(false);
    const client = await rig.client(other);
    await client.ends();
    assert.match(client.text, /^HTTP\/1\.1 403 Forbidden\r\n/);
    await rig.empties();
    assert.equal(rig.holds.size, 0);
    assert.equal(rig.told.at(-1), 'leave');
  });

  it('is let through when its hook has answered, and not before', async () => {
    await make();
    let answer = (_: boolean) => {};
    rig.verdict = new Promise((resolve) => {
      answer = resolve;
    });
    const client = await rig.client(other);
    await until('it waits', () => rig.waiting.length === 1);
    rig.publish('__defaultVhost__/live/y');
    await new Promise(setImmediate);
    assert.deepEqual(rig.told.slice(1), []);
    answer(true);
    (await rig.child.next()).end(HEAD);
    await client.ends();
    assert.equal(client.text, HEAD);
  });

  it('is answered 503 where too many wait', async () => {
    await make();
    const waiting = [await rig.client(other), await rig.client(other)];
    await until('they wait', () => rig.waiting.length === 2);
    const third = await rig.client(other);
    await third.ends();
    assert.match(third.text, /^HTTP\/1\.1 503 .*Retry-After: 1\r\n.*too many players wait/s);
    for (const { socket } of waiting) socket.destroy();
    await rig.empties();
    assert.equal(rig.holds.size, 0);
  });

  it('is answered 404 when its stream does not come', async () => {
    await make({ waitMs: 20 });
    const client = await rig.client(other);
    await client.ends();
    assert.match(client.text, /^HTTP\/1\.1 404 Not Found\r\n.*nobody publishes/s);
    await rig.empties();
  });

  it('is forgotten when its client leaves', async () => {
    await make();
    const client = await rig.client(other);
    await until('it waits', () => rig.waiting.length === 1);
    client.socket.destroy();
    await rig.empties();
    assert.equal(rig.released, 0);
  });

  it('is answered at once, and waits no more, where its client has nothing more to say', async () => {
    await make();
    const [early, late] = [await rig.client(other), await rig.client(other)];
    await until('they wait', () => rig.waiting.length === 2);
    for (const client of [early, late]) {
      client.socket.end();
      await client.ends();
      assert.match(client.text, /^HTTP\/1\.1 404 /);
    }
    const known = await rig.client(GET);
    known.socket.end();
    (await rig.child.next()).end(HEAD);
    await known.ends();
    assert.equal(known.text, HEAD);
    await rig.empties();
  });

  it('is answered 502 where the child closes without a word, which is asked once', async () => {
    await make();
    const client = await rig.client(GET);
    (await rig.child.next()).destroy();
    await client.ends();
    assert.match(client.text, /^HTTP\/1\.1 502 .*child c001: .*closed/s);
    assert.equal(rig.listener.summary().counters.failed.child, 1);
    await rig.empties();
    assert.equal(rig.released, 2);
  });

  it('is answered 503 where no child can take it', async () => {
    await make();
    rig.hasChild = false;
    const client = await rig.client(GET);
    await client.ends();
    assert.match(client.text, /^HTTP\/1\.1 503 .*Retry-After: 1\r\n.*no SRS child/s);
    assert.equal(rig.listener.summary().counters.failed['no-child'], 1);
  });

  it('is answered 502 where the child says nothing in time', async () => {
    await make({ childAnswerMs: 50 });
    const client = await rig.client(GET);
    const child = await rig.child.next();
    await client.ends();
    assert.match(client.text, /^HTTP\/1\.1 502 .*child c001: it sends nothing/s);
    child.destroy();
    await rig.empties();
  });

  it('is answered here where it asks for the head alone', async () => {
    await make();
    const ask = async (path: string, extra = '') => {
      const client = await rig.client(`HEAD ${path} HTTP/1.1\r\nHost: box\r\n${extra}\r\n`);
      await client.ends();
      return client.text;
    };
    const found = await ask('/live/x.flv');
    assert.match(found, /^HTTP\/1\.1 200 OK\r\nConnection: Close\r\nServer: SRS\/7/);
    assert.match(found, /Content-Type: video\/x-flv\r\nTransfer-Encoding: chunked\r\n/);
    assert.doesNotMatch(found, /Access-Control/);
    assert.match(await ask('/live/x.flv', 'Origin: http://a\r\n'), /Allow-Origin: \*/);
    assert.match(await ask('/live/y.flv'), /^HTTP\/1\.1 404 /);
  });

  it('may be a POST, but nothing else', async () => {
    await make();
    const post = await rig.client(
      'POST /live/x.flv HTTP/1.1\r\nHost: box\r\nContent-Length: 4\r\n\r\nbody',
    );
    const child = await rig.child.next();
    assert.match(await headAt(child), /^GET \/live\/x\.flv HTTP\/1\.1\r\nHost: box\r\nX-F/);
    child.end(HEAD);
    await post.ends();
    assert.equal(post.text, HEAD);
    const put = await rig.client('PUT /live/x.flv HTTP/1.1\r\nHost: box\r\n\r\n');
    await put.ends();
    assert.match(put.text, /^HTTP\/1\.1 405 .*Allow: GET/s);
  });

  it('has its preflight answered, with CORS where an origin is named', async () => {
    await make();
    const preflight = `OPTIONS /live/x.flv HTTP/1.1\r\nHost: box\r\n`;
    const plain = await rig.client(`${preflight}\r\n`);
    await plain.ends();
    assert.match(plain.text, /^HTTP\/1\.1 200 OK\r\n.*Content-Length: 0\r\n/s);
    assert.doesNotMatch(plain.text, /Access-Control/);
    const crossed = await rig.client(`${preflight}Origin: http://a\r\n\r\n`);
    await crossed.ends();
    assert.match(crossed.text, /Access-Control-Request-Private-Network: true/);
  });
});

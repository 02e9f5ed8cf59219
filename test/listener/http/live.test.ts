import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { platform } from 'node:os';
import { afterEach, describe, it } from 'node:test';
import type { LiveOptions } from '../../../src/listener/http/live-relay.js';
import { NativeEngine } from '../../../src/relay/native/engine.js';
import { PortableEngine } from '../../../src/relay/portable/tcp.js';
import type { RelayEngine } from '../../../src/relay/relay.js';
import { closing } from '../../helpers/sockets.js';
import { until } from '../../helpers/until.js';
import { HEAD, OWNER, Rig } from './rig.js';

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
      const holder = await rig.listener.holderOf(row?.alias ?? '');
      assert.deepEqual(holder, { id: row?.id, client: row?.client });
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

    it('reach a client of HTTP/1.0 without chunked coding, to the connection’s end', async () => {
      rig = await Rig.open(make());
      const client = await rig.client('GET /live/x.flv HTTP/1.0\r\n\r\n');
      const child = await rig.child.next();
      assert.match(await headAt(child), /^GET \/live\/x\.flv HTTP\/1\.1\r\nHost: localhost\r\n/);
      child.write(HEAD.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n'));
      child.write('6\r\nmedia \r\n');
      await client.reads('media ');
      const [row] = await rig.listener.rows();
      assert.equal(row?.child, 'c001');
      child.end('4\r\nmore\r\n0\r\n\r\n');
      await client.ends();
      assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n.*Content-Type: video\/x-flv\r\n/is);
      assert.doesNotMatch(client.text, /transfer-encoding/i);
      assert.ok(client.text.endsWith('\r\n\r\nmedia more'), client.text);
      await rig.empties();
      assert.equal(rig.released, 1);
    });

    it('end at the child when a client of HTTP/1.0 leaves, and at the client with the child', async () => {
      rig = await Rig.open(make());
      const begin = async () => {
        const client = await rig.client('GET /live/x.flv HTTP/1.0\r\n\r\n');
        const child = await rig.child.next();
        child.resume().write(`${HEAD}media`);
        await client.reads('media');
        return { client, child };
      };
      const left = await begin();
      const closed = closing(left.child);
      left.client.socket.destroy();
      const media = setInterval(() => left.child.writable && left.child.write('media'), 5);
      await closed;
      clearInterval(media);
      const { client } = await begin();
      rig.listener.endOf(OWNER, 'it is gone');
      await client.ends();
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
    await until(
      'it is counted',
      () => rig.listener.summary().counters.failed.heldPlayersPerIp === 1,
    );
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
    const old = await rig.client('HEAD /live/x.flv HTTP/1.0\r\n\r\n');
    await old.ends();
    assert.doesNotMatch(old.text, /Transfer-Encoding/);
    assert.match(await ask('/live/x.flv', 'Origin: http://a\r\n'), /Allow-Origin: \*/);
    assert.match(await ask('/live/y.flv'), /^HTTP\/1\.1 404 /);
  });

  it('is for a file where there is one and nobody publishes', async () => {
    await make({ isFile: async () => true });
    const client = await rig.client(`${other}${GET}`);
    await client.reads('404 Not Found');
    assert.equal(rig.waiting.length, 0);
    (await rig.child.next()).end(HEAD);
    await client.ends();
    assert.ok(client.text.endsWith(HEAD), client.text);
    await rig.empties();
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
    assert.match(crossed.text, /Access-Control-Allow-Private-Network: true/);
  });
});

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { stunRequest } from '../../helpers/stun.js';
import { until } from '../../helpers/until.js';
import { PASSWORD, Rig } from './rig.js';

const ENGINES =
  process.platform === 'linux' ? (['portable', 'native'] as const) : (['portable'] as const);

for (const engine of ENGINES)
  describe(`webrtc media port, ${engine}`, () => {
    const rig = new Rig(engine);
    const [one, two] = rig.children;
    assert.ok(one && two);

    before(() => rig.start());
    afterEach(() => {
      for (const id of ['c001', 'c002'])
        rig.sessions.endOf({ id, generation: 1 }, 'the test is over');
      for (const child of rig.children) {
        child.datagrams.length = 0;
        child.tcp.length = 0;
      }
    });
    after(() => rig.close());

    const lastPort = (child: typeof one) => child.datagrams.at(-1)?.port ?? 0;

    it('relays both ways once a check has named the session', async () => {
      const [client, session] = [await rig.client(), await rig.session('a')];
      await rig.check(client, session);
      client.send('\x80media', rig.port);
      await until('media arrive', () => one.texts.includes('\x80media'));
      one.send('\x80back', lastPort(one));
      await until('media come back', () => client.got.includes('\x80back'));
      const [row] = await rig.sessions.rows();
      assert.equal(row?.client, `127.0.0.1:${client.socket.address().port}`);
      assert.equal(row?.child, 'c001');
      assert.ok((row?.bytesIn ?? 0) > 6);
      assert.equal(row?.bytesOut, 5);
    });

    it('follows a client to its new address', async () => {
      const [client, moved, session] = [
        await rig.client(),
        await rig.client(),
        await rig.session('a'),
      ];
      const served = () => rig.sessions.summary().playing.counts.reduce((a, b) => a + b);
      const before = served();
      await rig.check(client, session);
      await rig.check(moved, session);
      assert.equal(served() - before, 1, 'a player is counted as served once');
      moved.send('\x80moved', rig.port);
      await until('media arrive', () => one.texts.includes('\x80moved'));
      one.send('\x80back', lastPort(one));
      await until('media come back', () => moved.got.includes('\x80back'));
      assert.equal((await rig.sessions.rows()).length, 1);
    });

    it('keeps two clients apart, and lets a new session take an address over', async () => {
      const [client, other] = [await rig.client(), await rig.client()];
      const [first, second] = [await rig.session('a1'), await rig.session('b2')];
      await rig.check(client, first, one);
      await rig.check(other, second, two);
      client.send('\x80first', rig.port);
      other.send('\x80second', rig.port);
      await until('each is where it belongs', () => one.texts.includes('\x80first'));
      await until('each is where it belongs', () => two.texts.includes('\x80second'));
      const third = await rig.session('c2');
      await rig.check(client, third, two);
      client.send('\x80third', rig.port);
      await until('the new session has the address', () => two.texts.includes('\x80third'));
      assert.ok(!one.texts.includes('\x80third'));
    });

    it('answers nothing, and forwards nothing, to who is no client', async () => {
      const [stranger, session] = [await rig.client(), await rig.session('a')];
      const { username } = session;
      const before = rig.sessions.counters.failed.invalid;
      const forged = [
        '\x80RTP before STUN',
        stunRequest({}),
        stunRequest({ username: 'nobody:here', password: PASSWORD }),
        stunRequest({ username }),
        stunRequest({ username, password: 'guessed' }),
        stunRequest({ username, password: PASSWORD, type: 0x0101 }),
        stunRequest({ username, password: PASSWORD }).subarray(0, 60),
      ];
      for (const datagram of forged) stranger.send(datagram, rig.port);
      const count = () => rig.sessions.counters.failed.invalid - before;
      await until('all are seen', () => count() === forged.length);
      await rig.check(await rig.client(), session);
      assert.equal(new Set(one.texts).size, 1);
      assert.deepEqual(stranger.got, []);
    });

    it('stands a flood of checks from everywhere', async () => {
      const [client, session] = [await rig.client(), await rig.session('a')];
      await rig.check(client, session);
      const strangers = await Promise.all(Array.from({ length: 100 }, () => rig.client()));
      for (let i = 0; i < 20; i += 1) {
        const flood = stunRequest({ username: `Sbox101nobody${i}:x`, password: PASSWORD });
        for (const stranger of strangers) stranger.send(flood, rig.port);
      }
      // What a flood drowns is sent again.
      await until('media arrive', () => {
        client.send('\x80still here', rig.port);
        return one.texts.includes('\x80still here');
      });
      assert.equal((await rig.sessions.rows()).length, 1);
      assert.equal(rig.sessions.find(session.username)?.flows.size, 1);
      assert.ok(strangers.every(({ got }) => got.length === 0));
    });

    it('remembers nothing of ten thousand addresses', async () => {
      const [client, session] = [await rig.client(), await rig.session('a')];
      await rig.check(client, session);
      const flood = async (round: number) => {
        for (let address = 0; address < 10_000; address += 100) {
          const batch = Array.from({ length: 100 }, (_, i) =>
            askOnce(`127.${60 + round}.${(address + i) >> 8}.${(address + i) & 255}`, rig.port),
          );
          await Promise.all(batch);
        }
      };
      await flood(0);
      const before = process.memoryUsage().rss;
      await flood(1);
      assert.ok(process.memoryUsage().rss - before < 32 * 1024 * 1024);
      assert.equal((await rig.sessions.rows()).length, 1);
      assert.equal(rig.sessions.find(session.username)?.flows.size, 1);
      await until('media arrive still', () => {
        client.send('\x80still here', rig.port);
        return one.texts.includes('\x80still here');
      });
    });

    it('holds no more addresses for one session than a browser has', async () => {
      const session = await rig.session('a');
      for (let i = 0; i < 12; i += 1) await rig.check(await rig.client(), session);
      await until('the oldest are gone', () => {
        const found = rig.sessions.find(session.username);
        return found !== null && found.flows.size <= 8;
      });
    });

    it('ends a session after a DTLS alert that nothing follows', async () => {
      const [client, session] = [await rig.client(), await rig.session('a')];
      await rig.check(client, session);
      client.send(Buffer.from('15fefd00', 'hex'), rig.port);
      await until('it is gone', () => rig.sessions.find(session.username) === null);
      assert.ok(rig.released.includes('__defaultVhost__/live/a'));
    });

    it('outlives an alert that its client did not mean', async () => {
      const [client, session] = [await rig.client(), await rig.session('a')];
      await rig.check(client, session);
      client.send(Buffer.from('15fefd00', 'hex'), rig.port);
      await until(
        'its flow has ended',
        () => rig.sessions.find(session.username)?.flows.size === 0,
      );
      await rig.check(client, session);
      assert.equal(rig.sessions.find(session.username)?.expiresAt, Number.POSITIVE_INFINITY);
    });

    it('takes a client by TCP while others hold thousands of connections that say nothing', async () => {
      const session = await rig.session('a');
      const idle: Socket[] = [];
      const isOpen = (socket: Socket) => !socket.destroyed;
      for (let i = 0; i < 1100; i += 1) {
        const localAddress = `127.44.${Math.floor(i / 20)}.1`;
        idle.push(
          connect({ port: rig.port, host: '127.0.0.1', localAddress }).on('error', () => {}),
        );
        if (i % 100 === 99) await Promise.all(idle.slice(-100).map(connected));
      }
      const own = Array.from({ length: 70 }, () =>
        connect(rig.port, '127.0.0.1').on('error', () => {}),
      );
      await Promise.all(own.map(connected));
      await until('the oldest are gone', () => idle.filter(isOpen).length <= 1024 - 64);
      await until('its own oldest are gone', () => own.filter(isOpen).length <= 64);
      assert.ok(isOpen(own.at(-1)!));
      const client = connect(rig.port, '127.0.0.1');
      client.write(tcpCheck(session.username));
      await until('it has a flow', () => rig.sessions.find(session.username)?.flows.size === 1);
      for (const socket of [...idle, ...own, client]) socket.destroy();
    });

    it('has no more TCP connections of one session than a browser has', async () => {
      const session = await rig.session('a');
      const clients: Socket[] = [];
      const flows = () => rig.sessions.find(session.username)?.flows.size ?? 0;
      for (let i = 0; i < 12; i += 1) {
        const client = connect(rig.port, '127.0.0.1').on('error', () => {});
        client.write(tcpCheck(session.username));
        clients.push(client);
        await until('it has a flow', () => flows() >= Math.min(i + 1, 8));
      }
      await until('the oldest are gone', () => clients.filter((one) => one.destroyed).length === 4);
      assert.equal(flows(), 8);
      for (const client of clients) client.destroy();
    });

    it('takes a client by TCP', async () => {
      const session = await rig.session('a');
      const frame = tcpCheck(session.username);
      const { invalid } = rig.sessions.counters.failed;
      const stranger = connect(rig.port, '127.0.0.1');
      stranger.on('error', () => {});
      stranger.write('GET / HTTP/1.1\r\n\r\n');
      const client = connect(rig.port, '127.0.0.1');
      client.write(frame);
      await until('the child has it', () => Buffer.concat(one.tcp).equals(frame));
      await until('the stranger is sent away', () => stranger.destroyed);
      assert.equal(rig.sessions.counters.failed.invalid, invalid + 1);
      client.destroy();
      await until(
        'it ends with its connection',
        () => rig.sessions.find(session.username) === null,
      );
    });
  });

/** An ICE check as the first frame of a TCP connection. */
function tcpCheck(username: string): Buffer {
  const check = stunRequest({ username, password: PASSWORD });
  return Buffer.concat([Buffer.from([0, check.length]), check]);
}

async function connected(socket: Socket): Promise<void> {
  if (socket.connecting) await once(socket, 'connect');
}

/** Sends one check for a session that is nobody's, from an address of its own. */
async function askOnce(ip: string, port: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, ip);
  await once(socket, 'listening');
  const check = stunRequest({ username: `Sbox101${ip}:x`, password: PASSWORD });
  await new Promise((resolve) => socket.send(check, port, '127.0.0.1', resolve));
  socket.close();
}

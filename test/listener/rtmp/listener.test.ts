import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ConnectionLimits } from '../../../src/listener/budget.js';
import type { Connection } from '../../../src/listener/connection.js';
import { SessionError } from '../../../src/listener/session-error.js';
import { buildC0C1, HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.js';
import { CompressingWriter } from '../../helpers/compressing-writer.js';
import { CountedAliases } from '../../helpers/counted.js';
import { Ffmpeg, framesOf, playFrames, publish } from '../../helpers/media.js';
import { CLIP } from '../../helpers/paths.js';
import { freePort } from '../../helpers/ports.js';
import { CLIENTS, type ClientBytes } from '../../helpers/rtmp-bytes.js';
import { Acceptor, closing, dialPort, gone, readAll } from '../../helpers/sockets.js';
import { until } from '../../helpers/until.js';
import { RtmpClient } from '../../origin/rtmp-client.js';
import {
  C001,
  CHILD_HANDSHAKE,
  encoded,
  Rig,
  readReplay,
  result,
  type Server,
  status,
  video,
} from './rig.js';

const TARGET = { tcUrl: 'rtmp://127.0.0.1/live', app: 'live', stream: 'cam' };
const HELLO = Buffer.concat([buildC0C1(0, Buffer.alloc(1528)), Buffer.alloc(HANDSHAKE_SIZE)]);
const FMLE = CLIENTS[3] as ClientBytes;
/** A child's answers to FMLE's commands. */
const ANSWERS = encoded(...[1, 2, 3].map((id) => result(id)), result(4, 1));
const START = encoded(status('NetStream.Publish.Start'));

const NO_ALIASES = process.platform !== 'linux' && 'only Linux lends all of 127.0.0.0/8';

/** Asks the kernel, since a connection would be the one that ffmpeg serves. */
function isListening(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`:${hex} \\S+ 0A `).test(readFileSync('/proc/net/tcp', 'utf8'));
}

/** How a connection ends that is reset as soon as it is there. */
function refused(port: number): Promise<string> {
  return closing(connect({ port, host: '127.0.0.1' }));
}

for (const server of ['node', 'threads'] as const) {
  describe(`an RTMP session (${server})`, { timeout: 120_000 }, () => sessions(server));
}

function sessions(server: Server): void {
  let rig: Rig;
  let child: Acceptor;

  beforeEach(async () => {
    child = await Acceptor.open();
  });
  afterEach(async () => {
    await rig.close();
    await child.close();
  });

  async function open(context = {}, limits?: ConnectionLimits): Promise<void> {
    rig = new Rig(server, context, limits);
    rig.ways = [{ port: child.port, owner: C001 }];
    await rig.listener.start();
  }

  /** A client that has said that it publishes, without waiting for anything. */
  async function publisher(): Promise<RtmpClient> {
    const client = await RtmpClient.open(rig.port);
    client.socket.write(FMLE.build(TARGET));
    return client;
  }

  /** The child's next connection, its answers given. */
  async function answering(): Promise<Socket> {
    const socket = await child.next();
    socket.write(Buffer.concat([CHILD_HANDSHAKE, ANSWERS, START]));
    return socket;
  }

  describe('that goes well', () => {
    beforeEach(() => open());

    it('gives the child the client’s own bytes, and relays what follows', async () => {
      const client = await publisher();
      const socket = await answering();
      const commands = FMLE.build(TARGET);
      assert.deepEqual(await readReplay(socket, commands.length), commands);
      await client.hears('NetStream.Publish.Start');
      assert.deepEqual(client.codes(), [
        'NetConnection.Connect.Success',
        'NetStream.Publish.Start',
      ]);
      const media = encoded(video(0), video(40, 90_000));
      client.socket.end(media);
      assert.deepEqual(await readAll(socket), media);
      socket.end(encoded(status('NetStream.Unpublish.Success')));
      await client.hears('NetStream.Unpublish.Success');
      await client.ends();
      await rig.empties();
      assert.deepEqual(rig.asked, ['publish __defaultVhost__/live/cam']);
      assert.equal(rig.released, 1);
      assert.equal(rig.counters.relayed, 1);
      const { out } = rig.listener.connections.bytes;
      assert.equal(rig.listener.connections.bytes.in, media.length);
      assert.ok(out > START.length);
    });

    it('shows whom it serves, and the child sees an alias', { skip: NO_ALIASES }, async () => {
      const client = await publisher();
      const socket = await answering();
      await client.hears('NetStream.Publish.Start');
      // A thread says a moment later that it relays a client.
      const connection = await until('it is relayed', () =>
        [...rig.listener.connections].find(({ relayed }) => relayed !== null),
      );
      const { role, stream, owner, alias } = connection;
      assert.deepEqual([role, stream, owner], ['publish', '__defaultVhost__/live/cam', C001]);
      assert.equal(socket.remoteAddress, alias);
      assert.equal(rig.aliases.holderOf(alias ?? '')?.client, connection.client);
      assert.equal(connection.client, `127.0.0.1:${client.socket.localPort}`);
      client.close();
      socket.destroy();
      await rig.empties();
    });

    it('ends with its child', async () => {
      const client = await publisher();
      const socket = await answering();
      await client.hears('NetStream.Publish.Start');
      rig.listener.connections.endOf({ id: 'c002', generation: 9 }, new Error('another'));
      socket.write(encoded(status('still here')));
      await client.hears('still here');
      const closed = gone(socket);
      rig.listener.connections.endOf(C001, new SessionError('child', 'gone'));
      await client.ends();
      await closed;
      await rig.empties();
      assert.equal(rig.released, 1);
    });

    it('ends with the listener, at whatever point it is', async () => {
      const silent = await RtmpClient.open(rig.port);
      const relayed = await publisher();
      const socket = await answering();
      await relayed.hears('NetStream.Publish.Start');
      const waiting = await publisher();
      const unanswered = await child.next();
      const closed = [gone(socket), gone(unanswered)];
      await rig.listener.close();
      await rig.listener.close();
      for (const client of [silent, relayed, waiting]) await client.ends();
      await Promise.all(closed);
      await rig.empties();
      assert.equal(rig.listener.address(), null);
    });
  });

  it('does without aliases where the machine lends none', async () => {
    await open({ aliases: new CountedAliases({ first: 0xc0000201, last: 0xc0000201 }) });
    for (let round = 0; round < 2; round++) {
      const client = await publisher();
      const socket = await answering();
      await client.hears('NetStream.Publish.Start');
      assert.equal(socket.remoteAddress, '127.0.0.1');
      client.close();
      socket.destroy();
      await rig.empties();
    }
  });

  describe('whose child fails', () => {
    it('tries again where the stream is then, if the connection was refused', async () => {
      await open();
      rig.ways.unshift({ port: await freePort(), owner: C001 });
      const client = await publisher();
      const socket = await answering();
      await client.hears('NetStream.Publish.Start');
      assert.equal(rig.asked.length, 2);
      assert.equal(rig.released, 1);
      client.close();
      socket.destroy();
      await rig.empties();
      assert.equal(rig.released, 2);
    });

    it('tries again in the child’s next life, if it died in the middle', async () => {
      await open();
      rig.ways = [
        { port: child.port, owner: C001 },
        { port: child.port, owner: { ...C001, generation: 2 } },
      ];
      const client = await publisher();
      (await child.next()).resetAndDestroy();
      const socket = await answering();
      await client.hears('NetStream.Publish.Start');
      client.close();
      socket.destroy();
      await rig.empties();
      assert.equal(rig.released, 2);
    });

    it('does not ask a living child twice that has closed the connection', async () => {
      await open();
      const client = await publisher();
      const socket = await child.next();
      socket.end(CHILD_HANDSHAKE.subarray(0, 100));
      await client.hears('NetStream.Publish.Failed');
      await client.ends();
      await rig.empties();
      assert.deepEqual([rig.asked.length, rig.released], [2, 2]);
      await rig.failed('child', 1);
      socket.destroy();
    });

    it('gives a child up that takes the connection and never answers', async () => {
      await open({ childAnswerMs: 100 });
      const client = await publisher();
      const socket = await child.next();
      const closed = gone(socket);
      await client.hears('NetStream.Publish.Failed');
      await client.ends();
      await closed;
      await rig.empties();
      assert.equal(rig.released, rig.asked.length);
      await rig.failed('child', 1);
    });

    it('gives a child up that speaks something else', async () => {
      await open();
      const client = await publisher();
      const socket = await child.next();
      socket.write(Buffer.alloc(8000, 0xff));
      await client.hears('NetStream.Publish.Failed');
      await client.ends();
      await rig.empties();
      await rig.failed('child', 1);
      socket.destroy();
    });

    for (const [role, code] of [
      ['publish', 'NetStream.Publish.Failed'],
      ['play', 'NetStream.Play.Failed'],
    ] as const) {
      it(`tells a client that wants to ${role} and closes in order when none is ready`, async () => {
        await open();
        rig.ways = [];
        const client = await RtmpClient.open(rig.port);
        const ended = once(client.socket, 'end');
        const closed = closing(client.socket);
        client[role](TARGET.tcUrl, 'cam');
        await client.hears(code);
        await ended;
        assert.equal(await closed, '');
        await rig.empties();
        await rig.failed('no-child', 1);
      });
    }

    it('closes a client that goes on sending when it has been told', async () => {
      await open();
      rig.ways = [];
      const socket = await dialPort(rig.port);
      socket.write(Buffer.concat([HELLO, FMLE.build(TARGET)]));
      const media = encoded(video(0, 1000));
      const sending = setInterval(() => socket.write(media), 20);
      await closing(socket);
      clearInterval(sending);
      await rig.empties();
    });
  });

  describe('whose client leaves', () => {
    it('before it has said what it wants', async () => {
      await open();
      for (const leave of ['end', 'resetAndDestroy'] as const) {
        const socket = await dialPort(rig.port);
        socket.write(HELLO);
        const closed = gone(socket);
        await once(socket, 'data');
        socket[leave]();
        await closed;
        await rig.empties();
      }
      await rig.failed('left', 2);
    });

    it('right behind its last word', async () => {
      await open();
      rig.ways = [null];
      for (let round = 0; round < 30; round++) {
        const socket = await dialPort(rig.port);
        socket.write(Buffer.concat([HELLO, FMLE.build(TARGET)]), () => socket.resetAndDestroy());
      }
      await until('all came', () => rig.counters.accepted === 30);
      await rig.empties();
    });

    it('before the child has answered: the child is told', async () => {
      await open();
      const client = await publisher();
      const socket = await child.next();
      client.socket.end();
      socket.write(Buffer.concat([CHILD_HANDSHAKE, ANSWERS, START]));
      await readAll(socket);
      socket.end();
      await rig.empties();
      assert.equal(rig.counters.relayed, 1);
    });

    it('by a reset while the child’s answers are rewritten: the child is told', async () => {
      await open();
      const client = await publisher();
      const socket = await child.next();
      const writer = new CompressingWriter();
      const answers = [result(1), result(2), result(3), result(4, 1), status('one')];
      const bytes = answers.map((message) => writer.write(message, 128));
      socket.write(Buffer.concat([CHILD_HANDSHAKE, ...bytes]));
      await client.hears('one');
      const closed = gone(socket);
      client.socket.resetAndDestroy();
      await closed;
      await rig.empties();
      await rig.failed('left', 1);
    });
  });

  it('rewrites what a child says that compresses its headers, until both agree', async () => {
    await open();
    const client = await publisher();
    const socket = await child.next();
    const commands = FMLE.build(TARGET);
    await readReplay(socket, commands.length);
    const writer = new CompressingWriter();
    const say = (...messages: RtmpMessage[]) =>
      socket.write(Buffer.concat(messages.map((message) => writer.write(message, 128))));
    socket.write(CHILD_HANDSHAKE);
    say(result(1), result(2), result(3), result(4, 1), status('one'), video(0), video(40));
    await client.hears('one');
    // What the client says meanwhile goes on to the child too.
    client.socket.write(encoded(video(7)));
    assert.deepEqual(await once(socket.resume(), 'data'), [encoded(video(7))]);
    say(result(20), result(21), video(80), result(22), status('two'), video(120, 90_000));
    await client.hears('two');
    say(...Array.from({ length: 50 }, (_, n) => video(160 + 40 * n)), status('three'));
    await client.hears('three');
    assert.deepEqual(
      client.media().map(({ timestamp, payload }) => [timestamp, payload.length]),
      [0, 40, 80, 120, ...Array.from({ length: 50 }, (_, n) => 160 + 40 * n)].map((time) => [
        time,
        time === 120 ? 90_000 : 300,
      ]),
    );
    client.close();
    socket.destroy();
    await rig.empties();
  });

  describe('with another RTMP server for a child', () => {
    const url = (port: number) => `rtmp://127.0.0.1:${port}/live/cam`;
    const programs: Ffmpeg[] = [];
    afterEach(async () => {
      await Promise.all(programs.splice(0).map((program) => program.kill()));
    });

    /** An ffmpeg that waits at a port for the one client that it serves. */
    async function serve(args: (url: string) => string[]): Promise<Ffmpeg> {
      await open();
      const port = await freePort();
      const server = new Ffmpeg('ffmpeg', args(url(port)));
      programs.push(server);
      rig.ways = [{ port, owner: C001 }];
      await until('ffmpeg listens', () => isListening(port));
      return server;
    }

    it('plays from it', async () => {
      const clip = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy', '-f', 'flv'];
      await serve((there) => [...clip, '-listen', '1', there]);
      const player = playFrames(url(rig.port), 50);
      programs.push(player);
      assert.equal(await player.ended, 0, player.errors);
      assert.equal(framesOf(player), 50);
    });

    it('publishes to it', async () => {
      const count = ['-progress', 'pipe:1', '-nostats', '-frames:v', '50', '-f', 'null', '-'];
      const server = await serve((here) => ['-listen', '1', '-i', here, ...count]);
      programs.push(publish(url(rig.port)));
      assert.equal(await server.ended, 0, server.errors);
      assert.equal(framesOf(server), 50);
    });
  });

  describe('that never begins', () => {
    it('closes a client that says nothing, and one that dribbles', async () => {
      await open({ identifyMs: 300 });
      const silent = await dialPort(rig.port);
      const dribbling = await dialPort(rig.port);
      const drip = setInterval(() => dribbling.write(Buffer.of(3)), 20);
      await Promise.all([gone(silent), gone(dribbling)]);
      clearInterval(drip);
      await rig.empties();
      await rig.failed('silent', 2);
      assert.deepEqual(rig.asked, []);
    });

    it('closes a client that shakes hands and says no more', async () => {
      await open({ identifyMs: 300 });
      const client = await RtmpClient.open(rig.port);
      client.connect(TARGET.tcUrl);
      await client.ends();
      await rig.empties();
      await rig.failed('silent', 1);
    });

    it('closes a client that sends what is no RTMP', async () => {
      await open();
      const garbage = [
        Buffer.from('GET / HTTP/1.1\r\n\r\n'),
        Buffer.concat([HELLO, Buffer.alloc(4000, 0xff)]),
        Buffer.concat([HELLO, Buffer.from('c3', 'hex')]),
        Buffer.concat([HELLO, encoded(result(1))]),
        Buffer.concat([HELLO, Buffer.from('03000000ffffff1400000000', 'hex')]),
      ];
      for (const bytes of garbage) {
        const socket = await dialPort(rig.port);
        socket.write(bytes);
        await gone(socket);
      }
      await rig.empties();
      await rig.failed('invalid', garbage.length);
    });

    it('survives bytes out of nowhere', async () => {
      await open({ identifyMs: 500 });
      const closed: Promise<void>[] = [];
      for (let round = 0; round < 50; round++) {
        const socket = await dialPort(rig.port);
        const noise = randomBytes(1 + ((round * 397) % 9000));
        closed.push(gone(socket));
        socket.write(round % 2 === 0 ? noise : Buffer.concat([HELLO, noise]));
      }
      await Promise.all(closed);
      await rig.empties();
      await until('all are counted', () => {
        const { invalid, silent } = rig.counters.failed;
        return invalid + silent === 50;
      });
    });
  });

  describe('within limits', () => {
    /** One that is relayed, and stays. */
    async function served(): Promise<RtmpClient> {
      const client = await publisher();
      const socket = await answering();
      client.socket.once('close', () => socket.destroy());
      await client.hears('NetStream.Publish.Start');
      return client;
    }

    it('closes who has waited longest without naming a stream, for who comes', async () => {
      await open({}, { connections: 3, connectionsPerIp: 0 });
      const named = await served();
      const [first, second] = [await RtmpClient.open(rig.port), await RtmpClient.open(rig.port)];
      const closed = new Promise((resolve) => first.socket.once('close', resolve));
      const third = await RtmpClient.open(rig.port);
      await closed;
      await rig.failed('shed', 1);
      assert.equal(rig.counters.refused, 0);
      assert.equal(second.socket.closed, false);
      assert.equal(named.socket.closed, false);
      for (const client of [named, second, third]) client.close();
      await rig.empties();
    });

    it('resets who comes when all are served, and takes others when there is room', async () => {
      await open({}, { connections: 2, connectionsPerIp: 0 });
      const [first, second] = [await served(), await served()];
      assert.equal(await refused(rig.port), 'ECONNRESET');
      await until('it is counted', () => rig.counters.refusedBy.connections === 1);
      first.close();
      await until('one is left', () => rig.connected === 1);
      const third = await served();
      for (const client of [second, third]) client.close();
      await rig.empties();
    });

    it('resets who comes too often, and counts that', async () => {
      await open({}, { connections: 100, connectionsPerIp: 0, newConnectionsPerIp: 1 });
      const clients = [];
      for (let n = 0; n < 5; n += 1) clients.push(await RtmpClient.open(rig.port));
      assert.equal(await refused(rig.port), 'ECONNRESET');
      await until('it is counted', () => rig.counters.refusedBy.newConnectionsPerIp === 1);
      assert.equal(rig.counters.refused, 1);
      for (const client of clients) client.close();
      await rig.empties();
    });

    it('counts who is served and then closed by a limit', async () => {
      let passed: Connection | undefined;
      const gate = {
        pass: async (connection: Connection) => {
          passed = connection;
          return true;
        },
      };
      await open({ gate });
      const client = await served();
      await until('it is served', () => passed?.relayed);
      passed?.end(new SessionError('publishBitrate', 'limits.publishBitrate: it sent too much'));
      await client.ends();
      await rig.failed('publishBitrate', 1);
      assert.equal(rig.counters.relayed, 1);
      await rig.empties();
    });

    it('counts each address for itself', { skip: NO_ALIASES }, async () => {
      await open({}, { connections: 100, connectionsPerIp: 1 });
      const first = await RtmpClient.open(rig.port, '127.0.0.2');
      const second = await RtmpClient.open(rig.port, '127.0.0.3');
      const third = await dialPort(rig.port);
      await until('three are open', () => rig.connected === 3);
      assert.equal(await refused(rig.port), 'ECONNRESET');
      for (const { socket } of [first, second, { socket: third }]) socket.destroy();
      await rig.empties();
    });
  });

  it('needs a port of its own', async () => {
    await open();
    const second = new Rig(server, {}, undefined, rig.port);
    await assert.rejects(second.listener.start(), {
      code: 'ERR_LISTEN',
      message: `listen.rtmp: cannot listen on 127.0.0.1:${rig.port}: the port is taken; stop what holds it, or choose another`,
    });
    await second.close();
  });
}

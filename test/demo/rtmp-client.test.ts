import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { connectRtmp, type PublishFlow } from '../../src/demo/rtmp-client.js';
import { SupervisorError } from '../../src/errors.js';
import {
  type DigestSchema,
  detectSchema,
  readDigest,
  SERVER_KEY,
  writeAnswerDigest,
} from '../../src/protocol/rtmp/digest.js';
import { HANDSHAKE_SIZE } from '../../src/protocol/rtmp/handshake.js';
import { PlayingClient } from '../helpers/playing-client.js';
import { buildComplexC1 } from '../helpers/rtmp-bytes.js';
import { freePort, NO_SRS, Srs } from '../helpers/srs.js';
import { STREAM_URLS, VHOSTS } from '../helpers/stream-urls.js';
import { until } from '../helpers/until.js';

const FLOWS: readonly PublishFlow[] = ['fmle', 'flash', 'haivision'];
const SCHEMAS: readonly DigestSchema[] = ['schema0', 'schema1'];

function isProtocolError(error: unknown): boolean {
  return error instanceof SupervisorError && error.code === 'ERR_PROTOCOL';
}

/** The one stream that is being published, as its key. */
async function publishedKey(srs: Srs): Promise<string | undefined> {
  const stream = (await srs.streams()).find(({ publish }) => publish.active);
  return stream && `${stream.vhost}/${stream.app}/${stream.name}`;
}

test('SRS takes every flow, and its answers play back', { skip: NO_SRS }, async () => {
  const srs = await Srs.start();
  const tcUrl = `rtmp://127.0.0.1:${srs.rtmp}/live`;
  const at = { host: '127.0.0.1', port: srs.rtmp, tcUrl };
  try {
    for (const flow of FLOWS) {
      const publisher = await PlayingClient.connect({ ...at, localAddress: '127.0.0.9' });
      assert.equal(publisher.local.address, '127.0.0.9');
      assert.equal(await publisher.publish(flow, flow), 1);
      const player = await PlayingClient.connect(at);
      assert.equal(await player.play(flow), 1);
      for (const client of [publisher, player]) client.close();
      await Promise.all([publisher.closed, player.closed]);
    }
  } finally {
    await srs.close();
  }
});

test('SRS makes the same key of every URL as we do', { skip: NO_SRS }, async () => {
  const srs = await Srs.start(VHOSTS);
  try {
    for (const [tcUrl, stream, key] of STREAM_URLS) {
      const at = { host: '127.0.0.1', port: srs.rtmp, tcUrl };
      if (key === null) {
        const refused = connectRtmp(at).then((client) => client.publish(stream, 'flash'));
        await assert.rejects(refused, isProtocolError, `${tcUrl} ${stream}`);
        continue;
      }
      const client = await connectRtmp(at);
      await client.publish(stream, 'flash');
      assert.equal(await until(`${key} is live`, () => publishedKey(srs)), key);
      client.close();
      await until(`${key} is gone`, async () => (await publishedKey(srs)) === undefined);
    }
  } finally {
    await srs.close();
  }
});

test('SRS answers a digest in its schema, with digests that are right', {
  skip: NO_SRS,
}, async () => {
  const srs = await Srs.start();
  try {
    for (const schema of SCHEMAS) {
      const c0c1 = buildComplexC1(schema, randomBytes(HANDSHAKE_SIZE));
      const [s1, s2] = await shakeHands(srs.rtmp, c0c1);
      assert.equal(detectSchema(s1, SERVER_KEY), schema);
      const expected = Buffer.from(s2);
      writeAnswerDigest(expected, readDigest(c0c1.subarray(1), schema), SERVER_KEY);
      assert.deepEqual(s2, expected);
      const tcUrl = `rtmp://127.0.0.1:${srs.rtmp}/live`;
      const client = await connectRtmp({ host: '127.0.0.1', port: srs.rtmp, tcUrl, c0c1 });
      await client.publish(schema);
      client.close();
    }
  } finally {
    await srs.close();
  }
});

async function shakeHands(port: number, c0c1: Buffer): Promise<[Buffer, Buffer]> {
  const socket = connect(port, '127.0.0.1');
  socket.write(c0c1);
  let answer = Buffer.alloc(0);
  for await (const bytes of socket) {
    answer = Buffer.concat([answer, bytes as Buffer]);
    if (answer.length >= 1 + 2 * HANDSHAKE_SIZE) break;
  }
  const end = 1 + HANDSHAKE_SIZE;
  return [answer.subarray(1, end), answer.subarray(end, end + HANDSHAKE_SIZE)];
}

test('a server that is not there, silent, gone or talks nonsense is one error', async () => {
  const at = { host: '127.0.0.1', tcUrl: 'rtmp://127.0.0.1/live' };
  await assert.rejects(connectRtmp({ ...at, port: await freePort() }), isProtocolError);
  const answers: readonly ((socket: Socket) => void)[] = [
    () => {},
    (socket) => socket.destroy(),
    (socket) => socket.write(Buffer.alloc(1 + 2 * HANDSHAKE_SIZE + 100, 0xff)),
  ];
  for (const answer of answers) {
    const server = createServer((socket) => {
      socket.on('error', () => {}).resume();
      answer(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address && typeof address === 'object');
    const refused = connectRtmp({ ...at, port: address.port, timeoutMs: 300 });
    await assert.rejects(refused, isProtocolError);
    server.close();
    await once(server, 'close');
  }
});

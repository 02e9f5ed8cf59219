import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { Batch } from '../../src/origin/media/batch.js';
import { Player } from '../../src/origin/media/player.js';
import { Source } from '../../src/origin/media/source.js';
import { ChunkReader, type ReadMessage } from '../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-writer.js';
import { setChunkSize } from '../../src/protocol/rtmp/control.js';
import { Acceptor, dialPort } from '../helpers/sockets.js';
import { until } from '../helpers/until.js';

const MIB = 1024 * 1024;
const VIDEO = 9;

function frame(key: boolean): Buffer {
  const payload = Buffer.alloc(MIB);
  payload[0] = key ? 0x17 : 0x27;
  payload[1] = 1;
  return payload;
}

/** Keeps the messages that a socket brings. */
function listen(socket: Socket): ReadMessage[] {
  const reader = new ChunkReader();
  reader.push(encodeMessage(setChunkSize(60_000), 128));
  const heard: ReadMessage[] = [];
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes);
    for (let next = reader.next(); next.kind === 'value'; next = reader.next()) {
      if (next.value.typeId === VIDEO) heard.push(next.value);
    }
  });
  return heard;
}

describe('a player that does not read', { timeout: 60_000 }, () => {
  it('loses frames until a keyframe, within bounds, and others lose none', async () => {
    const acceptor = await Acceptor.open();
    const name = { vhost: 'v', app: 'a', stream: 's', url: 'v/a/s' };
    const source = new Source(name, { tcUrl: 'rtmp://v/a', gopCache: true, flushMs: 0 });
    source.publish('someone');
    const far = [await dialPort(acceptor.port), await dialPort(acceptor.port)] as const;
    const near = [await acceptor.next(), await acceptor.next()] as const;
    const encode = (batch: Batch) => batch.encode('rtmp');
    for (const socket of near) source.join(new Player({ socket, encode }));
    const [fast, slow] = [listen(far[0]), listen(far[1])];
    far[1].pause();

    source.push(VIDEO, 0, Buffer.from([0x17, 0, 0, 0, 0]));
    for (let count = 1; count <= 60; count++) {
      source.push(VIDEO, count * 40, frame(count % 10 === 1));
      source.flush();
      await until('the fast player has it', () => fast.length === count + 1);
      assert.ok(near[1].writableLength < 10 * MIB, `${near[1].writableLength} bytes unsent`);
    }

    const before = slow.length;
    far[1].resume();
    await until('the rest is read', () => near[1].writableLength === 0);
    source.push(VIDEO, 2440, frame(false));
    source.push(VIDEO, 2480, frame(true));
    source.push(VIDEO, 2520, frame(false));
    source.flush();
    await until('the keyframe', () => slow.at(-1)?.timestamp === 2480);
    const kinds = slow.slice(-3).map(({ payload }) => payload.toString('hex', 0, 2));
    assert.deepEqual(kinds, ['1700', '1701', '2701']);
    assert.ok(slow.length > before && slow.length < fast.length);

    source.unpublish();
    for (const socket of [...far, ...near]) socket.destroy();
    await acceptor.close();
  });
});

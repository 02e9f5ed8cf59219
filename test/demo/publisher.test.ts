import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DemoPublisher } from '../../src/demo/publisher.js';
import { SupervisorError } from '../../src/errors.js';
import { createLogger } from '../../src/logging/logger.js';
import type { ReadMessage } from '../../src/protocol/rtmp/chunk-reader.js';
import { PlayingClient } from '../helpers/playing-client.js';
import { freePort, NO_SRS, Srs } from '../helpers/srs.js';
import { until } from '../helpers/until.js';

const run = promisify(execFile);
const CLIP = join(import.meta.dirname, '../../../examples/demo.flv');
const [AUDIO, VIDEO] = [8, 9];

function publisherOf(port: number, clipPath = CLIP): DemoPublisher {
  return new DemoPublisher({ host: '127.0.0.1', port, app: 'live', stream: 'demo', clipPath });
}

async function isLive(srs: Srs): Promise<boolean> {
  return (await srs.streams()).some(({ name, publish }) => name === 'demo' && publish.active);
}

test('the clip goes round without a step back or a gap', { skip: NO_SRS }, async () => {
  const srs = await Srs.start();
  const publisher = publisherOf(srs.rtmp);
  const seen: ReadMessage[] = [];
  try {
    await publisher.start();
    await until('the demo is live', () => isLive(srs));
    const tcUrl = `rtmp://127.0.0.1:${srs.rtmp}/live`;
    const onMessage = (message: ReadMessage) => seen.push(message);
    const player = await PlayingClient.connect({
      host: '127.0.0.1',
      port: srs.rtmp,
      tcUrl,
      onMessage,
    });
    await player.play('demo');
    await until('it is past the seam', () => (seen.at(-1)?.timestamp ?? 0) > 8_000);
    player.close();
    await player.closed;
  } finally {
    await publisher.close();
    await srs.close();
  }
  for (const typeId of [AUDIO, VIDEO]) {
    const times = seen.filter((one) => one.typeId === typeId).map((one) => one.timestamp);
    const steps = times.slice(1).map((time, index) => time - times[index]!);
    assert.ok(times.length > 20);
    assert.ok(Math.min(...steps) >= 0, 'no step back');
    assert.ok(Math.max(...steps.slice(2)) <= 80, 'no gap');
  }
});

test('ffmpeg decodes what it publishes', { skip: NO_SRS }, async () => {
  const srs = await Srs.start();
  const publisher = publisherOf(srs.rtmp);
  try {
    await publisher.start();
    await until('the demo is live', () => isLive(srs));
    const url = `rtmp://127.0.0.1:${srs.rtmp}/live/demo`;
    const { stderr } = await run('ffmpeg', [
      ...['-v', 'error', '-xerror', '-i', url, '-t', '2', '-f', 'null', '-'],
    ]);
    assert.equal(stderr, '');
  } finally {
    await publisher.close();
    await srs.close();
  }
});

test('it comes back when the server does', { skip: NO_SRS }, async () => {
  const port = await freePort();
  const publisher = publisherOf(port);
  await publisher.start();
  try {
    for (let round = 0; round < 2; round++) {
      const srs = await Srs.start(undefined, port);
      await until('the demo is live', () => isLive(srs)).finally(() => srs.close());
    }
  } finally {
    await publisher.close();
  }
});

test('a server that ends it at once is said once, and so is the end of that', {
  skip: NO_SRS,
}, async () => {
  const port = await freePort();
  const lines: string[] = [];
  const write = (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg);
  const logger = createLogger('info', { people: false, write });
  const about = { host: '127.0.0.1', port, app: 'live', stream: 'demo', clipPath: CLIP };
  let tries = 0;
  const refusing = createServer((socket) => {
    tries += 1;
    socket.destroy();
  }).listen(port, '127.0.0.1');
  const publisher = new DemoPublisher({ ...about, steadyMs: 500, logger });
  await publisher.start();
  try {
    await until('it was tried again', () => tries > 1);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /^demo stream fails, and is tried again: see the log of its child/,
    );
    refusing.close();
    await once(refusing, 'close');
    const srs = await Srs.start(undefined, port);
    await until('it lasts', () => lines.length > 1).finally(() => srs.close());
    assert.equal(lines[1], 'demo stream is live again');
  } finally {
    await publisher.close();
  }
});

test('a clip that is none is an error for the user', async () => {
  for (const path of [join(CLIP, 'nothing'), import.meta.filename]) {
    await assert.rejects(
      publisherOf(1, path).start(),
      (error) => error instanceof SupervisorError && error.code === 'ERR_CONFIG',
    );
  }
});

test('close before anything answers does not wait', async () => {
  const publisher = publisherOf(await freePort());
  await publisher.start();
  await publisher.close();
});

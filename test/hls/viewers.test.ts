import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Exchange } from '../../src/files/immutable.js';
import { type ViewerFacts, Viewers } from '../../src/hls/viewers.js';
import { createLogger } from '../../src/logging/logger.js';
import { streamKey } from '../../src/stream-key.js';

const WINDOW_SECONDS = 10;
const FACTS: ViewerFacts = {
  session: 'a1b2c3d4',
  client: '192.0.2.7',
  stream: streamKey({ vhost: '__defaultVhost__', app: 'live', stream: 'cam' }),
  child: 'c001',
  box: null,
};

function rig() {
  let now = 0;
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const logger = createLogger('info', { people: false, write });
  const viewers = new Viewers({ windowSeconds: WINDOW_SECONDS, logger, now: () => now });
  const later = (seconds: number) => {
    now += 1000 * seconds;
    viewers.sweep();
  };
  return { viewers, lines, later };
}

test('a session leaves one line, when two windows have passed without a playlist', () => {
  const { viewers, lines, later } = rig();
  viewers.seen(FACTS);
  later(15);
  viewers.seen(FACTS);
  later(19);
  assert.deepEqual(lines, []);
  later(1);
  later(60);
  assert.equal(lines.length, 1);
  const [{ msg, id, client, child, seconds } = {} as Record<string, unknown>] = lines;
  assert.deepEqual(
    [msg, id, client, child, seconds],
    ['hls session ended', 'a1b2c3d4', '192.0.2.7', 'c001', 15],
  );
  viewers.close();
});

test('all that are there have their line at the end', () => {
  const { viewers, lines } = rig();
  viewers.seen(FACTS);
  viewers.seen({ ...FACTS, session: 'e5f6g7h8' });
  viewers.close();
  assert.deepEqual(
    lines.map(({ id }) => id),
    ['a1b2c3d4', 'e5f6g7h8'],
  );
});

test('a session whose long id a client has made up is not followed', () => {
  const { viewers, lines } = rig();
  viewers.seen({ ...FACTS, session: 'x'.repeat(65) });
  viewers.seen({ ...FACTS, session: 'x'.repeat(64) });
  viewers.close();
  assert.deepEqual(
    lines.map(({ id }) => String(id).length),
    [64],
  );
});

test('a session waits from its first playlist until its first segment is sent', () => {
  const { viewers, later } = rig();
  const send = (session: string, statusCode: number) => {
    const raw = Object.assign(new EventEmitter(), { statusCode });
    const request = { raw: { socket: { bytesWritten: 0 } } };
    viewers.countMedia(session, { request, reply: { raw } } as unknown as Exchange);
    return () => raw.emit('finish');
  };
  const { session } = FACTS;
  viewers.seen(FACTS);
  later(2);
  send(session, 404)();
  const [first, second] = [send(session, 200), send(session, 200)];
  later(1);
  first();
  later(1);
  second();
  send(session, 206)();
  send('unknown', 200)();
  assert.equal(viewers.playing.sum, 3);
  assert.equal(
    viewers.playing.counts.reduce((sum, count) => sum + count),
    1,
  );
  viewers.close();
});

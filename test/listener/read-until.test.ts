import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { readUntil } from '../../src/listener/read-until.js';
import { Acceptor, dialPort, readAll } from '../helpers/sockets.js';

let acceptor: Acceptor;
before(async () => {
  acceptor = await Acceptor.open();
});
after(() => acceptor.close());

/** Both ends of a connection: what we read from, and the other side. */
async function pair(): Promise<{ ours: Socket; theirs: Socket }> {
  const accepted = acceptor.next();
  const theirs = await dialPort(acceptor.port);
  return { ours: await accepted, theirs };
}

const never = new AbortController().signal;

function listeners(socket: Socket): number[] {
  return ['data', 'end', 'close'].map((event) => socket.listenerCount(event));
}

test('answers when it has seen enough, and leaves the rest unread', async () => {
  const { ours, theirs } = await pair();
  const before = listeners(ours);
  let seen = '';
  const answer = readUntil(
    ours,
    (bytes) => {
      seen += bytes;
      return seen.includes('\n') ? seen : undefined;
    },
    never,
  );
  for (const part of ['one ', 'two ', 'three\n']) theirs.write(part);
  assert.equal(await answer, 'one two three\n');
  assert.ok(ours.isPaused());
  assert.deepEqual(listeners(ours), before);
  theirs.end('later');
  assert.equal((await readAll(ours)).toString(), 'later');
  ours.destroy();
});

test('rejects with what the reader threw', async () => {
  const { ours, theirs } = await pair();
  const reading = readUntil(
    ours,
    () => {
      throw new RangeError('too much');
    },
    never,
  );
  theirs.write('x');
  await assert.rejects(reading, RangeError);
  assert.ok(ours.isPaused());
  ours.destroy();
  theirs.destroy();
});

test('rejects when the other side ends, breaks off, or has done so before', async () => {
  for (const leave of ['end', 'resetAndDestroy', 'destroy'] as const) {
    const { ours, theirs } = await pair();
    const reading = readUntil(ours, () => undefined, never);
    theirs[leave]();
    await assert.rejects(reading, /closed the connection/);
    ours.destroy();
    await assert.rejects(
      readUntil(ours, () => undefined, never),
      /closed the connection/,
    );
    theirs.destroy();
  }
});

test('rejects with the reason when it is called off', async () => {
  const { ours, theirs } = await pair();
  const calling = new AbortController();
  const reading = readUntil(ours, () => undefined, calling.signal);
  const reason = new Error('enough');
  calling.abort(reason);
  await assert.rejects(reading, reason);
  await assert.rejects(
    readUntil(ours, () => undefined, calling.signal),
    reason,
  );
  assert.ok(ours.isPaused());
  ours.destroy();
  theirs.destroy();
});

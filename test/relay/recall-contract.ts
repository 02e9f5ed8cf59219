import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { it } from 'node:test';
import { gone, type RelayedPair, readAll } from '../helpers/sockets.js';
import { until } from '../helpers/until.js';

/** Tests that every engine has to pass for a client with a `TestWatch`. */
export function recallContract(pair: () => Promise<RelayedPair>): void {
  it('hears a client, and recalls it: it stays, and is heard again', async () => {
    const { client, child, relayed } = await pair();
    let about: unknown;
    relayed.onRecall = async (note) => {
      about = note;
      return true;
    };
    for (const text of ['up', 'recall', 'on']) await hears(child, client, text);
    assert.deepEqual(about, ['up', 'recall']);
    for (const text of ['recall', 'on']) await hears(child, client, text);
    assert.deepEqual(about, ['up', 'recall', 'stays', 'on', 'recall']);
    client.destroy();
    await gone(child);
    await relayed.ended;
  });

  it('gives a recalled client back, behind all that its child has said', async () => {
    const { client, child, relayed } = await pair();
    await hears(child, client, 'up');
    client.write('recall');
    assert.equal((await readAll(child)).length, 0);
    const heard = hears(client, null, 'last words');
    child.end('last words');
    assert.equal(await relayed.ended, 'recalled');
    await heard;
    const { recalled } = relayed;
    assert.ok(recalled);
    assert.deepEqual(recalled.about, ['up', 'recall']);
    await hears(recalled.client, client, 'again');
    await hears(client, recalled.client, 'hello');
    assert.equal(relayed.bytesIn, 2);
    client.destroy();
    await gone(recalled.client);
  });

  it('hears a client no more that has said enough', async () => {
    const { client, child, relayed } = await pair();
    for (const text of ['enough', 'recall', 'more']) await hears(child, client, text);
    client.destroy();
    await gone(child);
    await relayed.ended;
  });

  it('closes a client whose child breaks instead of ending', async () => {
    const { client, child, relayed } = await pair();
    const isGone = gone(client);
    client.write('recall');
    await once(child.resume(), 'end');
    child.resetAndDestroy();
    assert.notEqual(await relayed.ended, 'recalled');
    await isGone;
  });
}

/** Waits until that text has come to a socket, which `from` says if it is not null. */
async function hears(to: Socket, from: Socket | null, text: string): Promise<void> {
  let heard = '';
  const take = (bytes: Buffer) => {
    heard += bytes;
  };
  to.on('data', take).resume();
  from?.write(text);
  await until(`'${text}', heard '${heard}'`, () => heard === text);
  to.off('data', take);
}

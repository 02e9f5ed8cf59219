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

  it('gives the child what ends the stream, and no more', async () => {
    const { client, child, relayed } = await pair();
    await hears(child, client, 'up');
    client.write('end recall');
    assert.equal((await readAll(child)).toString(), 'end ');
    child.end();
    assert.equal(await relayed.ended, 'recalled');
    client.destroy();
    relayed.recalled?.client.destroy();
  });

  it('gives the child all that was said by a client that stays, once', async () => {
    const { client, child, relayed } = await pair();
    relayed.onRecall = async () => true;
    await hears(child, client, 'up');
    const heard = readAll(child);
    client.end('end recall');
    assert.equal((await heard).toString(), 'end recall');
    child.destroy();
    await relayed.ended;
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

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { RelayEngine } from '../../src/relay/relay.js';
import { closing, RelayBench, readAll } from '../helpers/sockets.js';
import { until } from '../helpers/until.js';

const MIB = 1024 * 1024;

/**
 * Writes `total` random bytes in pieces of random size, pausing now and then; answers their hash.
 */
async function pour(socket: Socket, total: number): Promise<string> {
  const hash = createHash('sha256');
  for (let left = total; left > 0; ) {
    const piece = randomBytes(Math.min(left, 1 + Math.floor(Math.random() * 100_000)));
    hash.update(piece);
    left -= piece.length;
    if (!socket.write(piece)) await once(socket, 'drain');
    if (Math.random() < 0.2) await turn();
  }
  socket.end();
  return hash.digest('hex');
}

/** Reads to the end, slowly now and then; answers the hash. */
async function drink(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    hash.update(chunk as Buffer);
    if (Math.random() < 0.1) await turn();
  }
  return hash.digest('hex');
}

/** Opens pairs all at once, and ends them in every way there is. */
async function storm(bench: RelayBench, size: number): Promise<void> {
  await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const { client, child, relayed } = await bench.pair();
      client.resume();
      child.resume();
      if (index % 3 === 0) client.resetAndDestroy();
      else client.end('x');
      if (index % 3 === 1) child.resetAndDestroy();
      else child.end('y');
      await relayed.ended;
    }),
  );
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Contract of every relay engine. */
export function relayContract(name: string, make: () => RelayEngine): void {
  describe(`relay engine: ${name}`, () => {
    let bench: RelayBench;
    before(async () => {
      bench = await RelayBench.open(make());
    });
    after(() => bench.close());

    it('carries every byte both ways at once, and counts them', async () => {
      const { client, child, relayed } = await bench.pair();
      const [sentUp, sentDown, gotUp, gotDown] = await Promise.all([
        pour(client, 8 * MIB),
        pour(child, 8 * MIB + 17),
        drink(child),
        drink(client),
      ]);
      assert.equal(gotUp, sentUp);
      assert.equal(gotDown, sentDown);
      assert.equal(await relayed.ended, 'closed');
      assert.equal(relayed.bytesIn, 8 * MIB);
      assert.equal(relayed.bytesOut, 8 * MIB + 17);
    });

    it('sends the first bytes of each side before the rest', async () => {
      const first = { toClient: Buffer.from('hello '), toChild: Buffer.from('HELLO ') };
      const { client, child } = await bench.pair(first);
      client.end('CHILD');
      child.end('client');
      assert.equal((await readAll(client)).toString(), 'hello client');
      assert.equal((await readAll(child)).toString(), 'HELLO CHILD');
    });

    it('takes over what Node has read ahead, and what it has yet to write', async () => {
      const backlog = randomBytes(12 * MIB);
      const { client, child, relayed } = await bench.pair(
        { toClient: Buffer.from('then this '), toChild: Buffer.from('first ') },
        (ends) => {
          ends.client.unshift(Buffer.from('read ahead '));
          ends.client.write(backlog);
        },
      );
      client.end('rest');
      child.end('and that');
      const [up, down] = await Promise.all([readAll(child), readAll(client)]);
      assert.equal(up.toString(), 'first read ahead rest');
      assert.ok(down.subarray(0, backlog.length).equals(backlog));
      assert.equal(down.subarray(backlog.length).toString(), 'then this and that');
      assert.equal(await relayed.ended, 'closed');
    });

    it('lets nothing of a one-way client through to its child, and serves on when it has ended', async () => {
      const first = { toChild: Buffer.from('head'), oneWay: true };
      const { client, child, relayed } = await bench.pair(first, (ends) => {
        ends.client.unshift(Buffer.from('read ahead'));
      });
      const heard = readAll(child);
      client.write(randomBytes(MIB));
      child.write('media');
      await until('media came', () => client.read() !== null);
      client.end('more');
      for (let round = 0; round < 3; round += 1) {
        child.write('more media');
        await until('media came after its end', () => client.read() !== null);
      }
      assert.equal(child.readableEnded, false);
      child.end(' rest');
      assert.equal((await readAll(client)).toString(), ' rest');
      assert.equal((await heard).toString(), 'head');
      assert.equal(await relayed.ended, 'closed');
      assert.equal(relayed.bytesIn, 4);
    });

    it('notices by what it sends that a one-way client is gone', async () => {
      const { client, child, relayed } = await bench.pair({ oneWay: true });
      const seen = closing(child);
      client.end();
      await once(client, 'finish');
      child.write('media');
      await until('media came', () => client.read() !== null);
      client.destroy();
      const media = setInterval(() => child.writable && child.write('media'), 5);
      assert.equal(await relayed.ended, 'client-reset');
      clearInterval(media);
      assert.equal(await seen, 'ECONNRESET');
    });

    it('resets a client that takes nothing of what waits for it, and no other', async () => {
      const limits = { stallMs: 2000, idleMs: 0 };
      const [stuck, slow] = [await bench.pair(limits), await bench.pair(limits)];
      const total = 24 * MIB;
      const [wanted, got] = [pour(slow.child, total), drink(slow.client)];
      const seen = closing(stuck.child);
      stuck.child.write(Buffer.alloc(total));
      // What it says is no sign that it reads.
      const chatter = setInterval(() => stuck.client.write('still here'), 20);
      assert.equal(await stuck.relayed.ended, 'stalled');
      clearInterval(chatter);
      await seen;
      assert.ok(stuck.relayed.bytesOut < total);
      assert.equal(await got, await wanted);
      slow.child.resume();
      slow.client.end();
      assert.equal(await slow.relayed.ended, 'closed');
      await until('it was reset', () => {
        stuck.client.write('?');
        return stuck.client.errored;
      });
      stuck.client.destroy();
    });

    it('lets a client wait as long as it likes for a child that says nothing', async () => {
      const { client, child, relayed } = await bench.pair({ stallMs: 50 });
      child.write('some');
      await until('it came', () => client.read() !== null);
      await delay(1200);
      child.end('more');
      client.end();
      assert.equal((await readAll(client)).toString(), 'more');
      child.resume();
      assert.equal(await relayed.ended, 'closed');
    });

    it('ends a pair of which one side has gone before it began', async () => {
      const { client, child, relayed } = await bench.pair({}, (ends) => ends.client.destroy());
      client.on('error', () => {}).resume();
      child.resume();
      await relayed.ended;
      await until('the child is closed', () => child.readableEnded || child.destroyed);
      child.destroy();
      client.destroy();
    });

    it('carries every byte to a reader that is far too slow', async () => {
      const { client, child } = await bench.pair();
      const total = 24 * MIB;
      const sent = pour(child, total);
      const hash = createHash('sha256');
      for await (const chunk of client.iterator({ destroyOnReturn: false })) {
        hash.update(chunk as Buffer);
        if (Math.random() < 0.05) await delay(5);
      }
      assert.equal(hash.digest('hex'), await sent);
      child.resume();
      client.end();
    });

    it('half-closes a way that is full, when its reader reads again', async () => {
      const { client, child, relayed } = await bench.pair();
      client.end();
      const sent = pour(child, 24 * MIB);
      await once(child.resume(), 'end');
      assert.equal(await drink(client), await sent);
      assert.equal(await relayed.ended, 'closed');
      assert.equal(relayed.bytesOut, 24 * MIB);
    });

    it('notices that a stalled client has broken off', async () => {
      const { client, child, relayed } = await bench.pair();
      const seen = closing(child);
      child.write(Buffer.alloc(24 * MIB));
      await until('the way is full', () => relayed.bytesOut > 0);
      client.resetAndDestroy();
      assert.equal(await seen, 'ECONNRESET');
      assert.equal(await relayed.ended, 'client-reset');
    });

    it('keeps the other way open when the client has ended its own', async () => {
      const { client, child, relayed } = await bench.pair();
      client.end('question');
      assert.equal((await readAll(child)).toString(), 'question');
      child.end('answer');
      assert.equal((await readAll(client)).toString(), 'answer');
      assert.equal(await relayed.ended, 'closed');
    });

    it('keeps the other way open when the child has ended its own', async () => {
      const { client, child, relayed } = await bench.pair();
      child.end('greeting');
      assert.equal((await readAll(client)).toString(), 'greeting');
      client.end('thanks');
      assert.equal((await readAll(child)).toString(), 'thanks');
      assert.equal(await relayed.ended, 'closed');
    });

    it('passes a reset of the client on to the child', async () => {
      const { client, child, relayed } = await bench.pair();
      const seen = closing(child);
      client.resetAndDestroy();
      assert.equal(await seen, 'ECONNRESET');
      assert.equal(await relayed.ended, 'client-reset');
    });

    it('passes a reset of the child on to the client', async () => {
      const { client, child, relayed } = await bench.pair();
      const seen = closing(client);
      child.resetAndDestroy();
      assert.equal(await seen, 'ECONNRESET');
      assert.equal(await relayed.ended, 'child-reset');
    });

    it('stops reading a child whose client reads nothing, and harms nobody else', async () => {
      const stalled = await bench.pair();
      const filler = Buffer.alloc(64 * 1024);
      // The kernel's own buffers take some; what the child then cannot send piles up on its side.
      while (stalled.child.writableLength < 16 * MIB) {
        stalled.child.write(filler);
        await turn();
      }
      const other = await bench.pair();
      const [sentDown, gotDown] = await Promise.all([pour(other.child, MIB), drink(other.client)]);
      assert.equal(gotDown, sentDown);
      assert.ok(stalled.child.writableLength >= 8 * MIB, 'the relay went on reading');
      other.client.end();
      other.child.resume();
      stalled.relayed.destroy();
      await stalled.relayed.ended;
      stalled.child.destroy();
      stalled.client.destroy();
    });

    it('closes a pair that has been silent for the idle limit', async () => {
      const { client, child, relayed } = await bench.pair({ idleMs: 50 });
      const both = Promise.all([once(client.resume(), 'end'), once(child.resume(), 'end')]);
      assert.equal(await relayed.ended, 'idle');
      await both;
      client.end();
      child.end();
    });

    it('ends a pair on demand', async () => {
      const { client, child, relayed } = await bench.pair();
      const both = Promise.all([once(client.resume(), 'end'), once(child.resume(), 'end')]);
      relayed.destroy();
      assert.equal(await relayed.ended, 'destroyed');
      await both;
      client.end();
      child.end();
    });

    it('counts each pair from zero, though slots and descriptors come back', async () => {
      for (let round = 0; round < 20; round += 1) {
        const { client, child, relayed } = await bench.pair();
        child.resume().end('x'.repeat(round));
        assert.equal((await readAll(client)).length, round);
        client.end();
        await relayed.ended;
        assert.equal(relayed.bytesOut, round);
        assert.equal(relayed.bytesIn, 0);
      }
    });

    it('loses no byte of a long connection while hundreds come and go', async () => {
      const long = await bench.pair();
      const sent = pour(long.child, 32 * MIB);
      const got = drink(long.client);
      let isOver = false;
      got.then(() => {
        isOver = true;
      });
      while (!isOver) await storm(bench, 30);
      assert.equal(await got, await sent);
      long.child.resume();
      long.client.end();
      assert.equal(await long.relayed.ended, 'closed');
    });

    it('survives that all break off at once, in the middle of it', async () => {
      const pairs = await Promise.all(Array.from({ length: 100 }, () => bench.pair()));
      const filler = Buffer.alloc(256 * 1024);
      for (const { client, child } of pairs) {
        client
          .on('error', () => {})
          .resume()
          .write(filler);
        child
          .on('error', () => {})
          .resume()
          .write(filler);
      }
      for (const [index, { client, child, relayed }] of pairs.entries()) {
        if (index % 4 === 0) client.resetAndDestroy();
        else if (index % 4 === 1) child.resetAndDestroy();
        else if (index % 4 === 2) relayed.destroy();
        else {
          client.destroy();
          child.destroy();
        }
      }
      await Promise.all(pairs.map(({ relayed }) => relayed.ended));
      for (const { client, child } of pairs) {
        client.destroy();
        child.destroy();
      }
    });

    it('leaves no descriptor behind after 50,000 short connections', async () => {
      const before = openDescriptors();
      for (let round = 0; round < 500; round += 1) await storm(bench, 100);
      await until('descriptors back to where they were', () => openDescriptors() <= before);
    });
  });
}

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Order } from '../../src/relay/native/protocol.js';
import { closing, readAll } from '../helpers/sockets.js';
import { BOUNDED, until } from '../helpers/until.js';
import {
  BOUNDS,
  FanoutBench,
  FLOOD,
  flood,
  heard,
  line,
  MIB,
  openDescriptors,
} from './fanout-bench.js';

/** The numbers of the lines, which must be whole; `again` is -1. */
function numbersIn(text: string): number[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((one) => {
    if (one === 'again') return -1;
    const [, first, last] = /^[!-](\d+) x* end (\d+)$/.exec(one) ?? assert.fail(one.slice(0, 50));
    assert.equal(first, last);
    return Number(first);
  });
}

describe('fan-out on relay threads', BOUNDED, () => {
  let bench: FanoutBench;
  before(async () => {
    bench = await FanoutBench.open();
  });
  after(() => bench.close());

  it('sends each viewer the newest place and what follows, behind its own first bytes', async () => {
    const { feed, child } = await bench.feed({ first: Buffer.from('-0\n!1\n-2\n!3\n') });
    const early = await bench.viewer(feed);
    const ofEarly = heard(early.client);
    await until('the early one plays', () => ofEarly() === 'head\nfirst\n!3\n');
    child.write('-4\n-5');
    await until('a whole line more came', () => ofEarly().endsWith('-4\n'));
    const late = await bench.viewer(feed, 'other\n');
    const ofLate = heard(late.client);
    await until('the late one plays', () => ofLate().endsWith('-4\n'));
    child.write('\n!6\n');
    child.end();
    assert.equal(await early.viewer.ended, 'closed');
    assert.equal(await late.viewer.ended, 'closed');
    await until('all came', () => ofLate().endsWith('!6\n') && ofEarly().endsWith('!6\n'));
    assert.equal(ofLate(), 'other\nfirst\n!3\n-4\n-5\n!6\n');
    assert.equal(late.viewer.bytesOut, ofLate().length);
    assert.deepEqual([late.viewer.bytesIn, late.viewer.skipped], [0, 0]);
    assert.equal(await feed.ended, 'closed');
  });

  it('has a viewer wait until there is a place', async () => {
    const { feed, child } = await bench.feed();
    const { client } = await bench.viewer(feed);
    const text = heard(client);
    child.write('-1\n-2\n');
    await until('the head came', () => text() === 'head\n');
    child.write('!3\n');
    await until('it plays', () => text() === 'head\nfirst\n!3\n');
    feed.destroy();
  });

  it('gives 50 viewers on two threads all bytes, in whatever pace they read', async () => {
    const feeds = [await bench.feed(), await bench.feed({}, 1)];
    const viewers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => bench.viewer(feeds[at % 2]!.feed, '')),
    );
    const texts = viewers.map(({ client }) => readAll(client));
    for (const { child } of feeds) child.write(line('!', 0));
    await until('all play', () => viewers.every(({ viewer }) => viewer.bytesOut > 0));
    await Promise.all(feeds.map(({ child }) => flood(child, 1, 1)));
    const end = await Promise.all(feeds.map(({ child }) => flood(child, 1000, 1)));
    await until('all was sent', () => viewers.every(({ viewer }) => viewer.bytesOut > 2 * MIB));
    for (const { child } of feeds) child.end();
    for (const text of await Promise.all(texts)) {
      const numbers = numbersIn(text.toString('latin1').replace('first\n', ''));
      assert.deepEqual(numbers.slice(0, 2), [0, 1]);
      assert.equal(numbers.at(-1), end[0]);
      assert.equal(numbers.length, new Set(numbers).size);
    }
  });

  it('skips a viewer that falls behind by whole pieces, and keeps within its memory', async () => {
    const { feed, child } = await bench.feed();
    const { viewer, client } = await bench.viewer(feed, '');
    const other = await bench.viewer(feed, '');
    other.client.resume();
    const last = await flood(child, 0, FLOOD, other.viewer);
    await until('the other one has it all', () => other.viewer.bytesOut > FLOOD * MIB);
    await until('memory was given back', () => feed.ringBytes < BOUNDS.bytes + 3 * MIB);
    assert.ok(viewer.bytesOut < (FLOOD / 2) * MIB);
    const text = heard(client);
    await until('it has caught up', () => text().endsWith(`end ${last}\n`));
    assert.equal(viewer.skipped, 1);
    assert.equal(other.viewer.skipped, 0);
    const numbers = numbersIn(text().replace('first\n', ''));
    const again = numbers.indexOf(-1);
    assert.ok(again > 0);
    const before = numbers.slice(0, again);
    const behind = numbers.slice(again + 1);
    for (const [part, from] of [
      [before, 0],
      [behind, behind[0]],
    ] as const) {
      assert.deepEqual(
        part,
        Array.from(part, (_, at) => (from ?? 0) + at),
      );
    }
    assert.equal((behind[0] ?? 1) % 10, 0);
    feed.destroy();
  });

  it('ends viewers with their feed: in order, by a reset, and where its bytes make no sense', async () => {
    const ends = {
      closed: (child: Socket) => void child.end(),
      'child-reset': (child: Socket) => void child.resetAndDestroy(),
      nonsense: (child: Socket) => void child.write('?\n'),
    };
    for (const [how, end] of Object.entries(ends)) {
      const { feed, child } = await bench.feed({ first: Buffer.from('!1\n') });
      const { viewer, client } = await bench.viewer(feed);
      const code = closing(client);
      await until('it plays', () => viewer.bytesOut > 0);
      end(child);
      const expected = how === 'closed' ? 'closed' : 'child-reset';
      assert.deepEqual([await viewer.ended, await feed.ended], [expected, expected], how);
      // A client that ends its side in the moment of the reset need not hear of it.
      if (how === 'closed') client.end();
      assert.equal(await code, how === 'closed' ? '' : 'ECONNRESET', how);
    }
  });

  it('lets viewers leave in every way, and leaves no descriptor behind', async () => {
    const { feed, child } = await bench.feed({ first: Buffer.from('!1\n') });
    const before = openDescriptors();
    const viewers = await Promise.all(Array.from({ length: 60 }, () => bench.viewer(feed)));
    await until('all play', () => viewers.every(({ viewer }) => viewer.bytesOut > 0));
    for (const [at, { viewer, client }] of viewers.entries()) {
      client.resume();
      if (at % 3 === 0) client.destroy();
      else if (at % 3 === 1) client.resetAndDestroy();
      else viewer.destroy();
    }
    const beat = setInterval(() => child.write('-2\n'), 20);
    const ends = await Promise.all(viewers.map(({ viewer }) => viewer.ended));
    clearInterval(beat);
    assert.equal(ends.filter((end) => end === 'destroyed').length, 20);
    assert.equal(ends.filter((end) => end === 'client-reset').length, 40);
    for (const { client } of viewers) client.destroy();
    await until('all is closed', () => openDescriptors() <= before);
    feed.destroy();
    assert.equal(await feed.ended, 'destroyed');
  });

  it('serves a client that has ended its side, and takes what a client says', async () => {
    const { feed, child } = await bench.feed({ first: Buffer.from('!1\n') });
    const { client } = await bench.viewer(feed);
    const text = heard(client);
    client.end('x'.repeat(100_000));
    await until('it plays', () => text().endsWith('!1\n'));
    child.write('-2\n');
    await until('it plays on', () => text().endsWith('!1\n-2\n'));
    feed.destroy();
  });

  it('hears a viewer and answers between two pieces, also what it has said before', async () => {
    const { feed, child } = await bench.feed({ first: Buffer.from('!1\n') });
    const { viewer, client } = await bench.viewer(feed, 'head\n', 'to a');
    const text = heard(client);
    await until('it plays', () => text() === 'head\nfirst\n!1\n');
    client.write('hello\n');
    await until('it is answered', () => text().endsWith('!1\nto a: hello\n'));
    client.write('pause\n');
    await until('it pauses', () => text().endsWith('to a: pause\n'));
    const other = await bench.viewer(feed);
    child.write('-2\n');
    await until('the other one has it', () => other.viewer.bytesOut > 'head\nfirst\n!1\n'.length);
    client.write('play\n');
    await until('it plays on', () => text().endsWith('to a: pause\nto a: play\n-2\n'));
    client.write('fail\n');
    assert.equal(await viewer.ended, 'client-reset');
    feed.destroy();
  });

  it('answers a viewer that reads late behind a whole piece', async () => {
    const { feed, child } = await bench.feed();
    const { viewer, client } = await bench.viewer(feed, '', 'a');
    const other = await bench.viewer(feed, '');
    other.client.resume();
    const last = await flood(child, 0, FLOOD / 4, other.viewer);
    await until('the other one has it all', () => other.viewer.bytesOut > (FLOOD / 4) * MIB);
    client.write('hello\n');
    const text = heard(client);
    await until('it has all', () => /a: hello/.test(text()) && text().includes(`end ${last}\n`));
    const lines = text().split('\n').slice(1, -1);
    assert.equal(lines.filter((one) => one === 'a: hello').length, 1);
    const others = lines.filter((one) => one !== 'a: hello');
    numbersIn(`${others.join('\n')}\n`);
    assert.ok(!(await Promise.race([viewer.ended, Promise.resolve(null)])));
    feed.destroy();
  });

  it('hands a viewer back that leaves, behind a whole piece, with what it says later unread', async () => {
    const { feed, child } = await bench.feed({ first: Buffer.from('!1\n') });
    const { viewer, client } = await bench.viewer(feed, '', 'a');
    const text = heard(client);
    await until('it plays', () => text().endsWith('!1\n'));
    client.write('leave\n');
    assert.equal(await viewer.ended, 'recalled');
    const { client: socket, about } = viewer.recalled ?? assert.fail();
    assert.deepEqual(about, { said: 'leave\n' });
    child.write('-2\n');
    client.write('more\n');
    const said = heard(socket.resume());
    await until('it is heard elsewhere', () => said() === 'more\n');
    socket.end('bye\n');
    await until('it is answered elsewhere', () => text().endsWith('!1\na: leave\nbye\n'));
    feed.destroy();
  });

  it('closes a viewer that is heard when it ends its side', async () => {
    const { feed } = await bench.feed({ first: Buffer.from('!1\n') });
    const { viewer, client } = await bench.viewer(feed, '', 'a');
    await until('it plays', () => viewer.bytesOut > 0);
    client.end();
    assert.equal(await viewer.ended, 'client-reset');
    feed.destroy();
  });

  it('lets nobody begin at what is forgotten', async () => {
    const { feed, child } = await bench.feed({ first: Buffer.from('!1\n') });
    const early = await bench.viewer(feed);
    const ofEarly = heard(early.client);
    await until('it plays', () => ofEarly().endsWith('!1\n'));
    feed.forget();
    const late = await bench.viewer(feed);
    const ofLate = heard(late.client);
    child.write('-2\n');
    await until('the early one plays on', () => ofEarly().endsWith('-2\n'));
    child.write('!3\n');
    await until('the late one begins', () => ofLate() === 'head\nfirst\n!3\n');
    feed.destroy();
  });

  it('ends a viewer whose feed has ended meanwhile, and a feed that is idle', async () => {
    const { feed } = await bench.feed({ idleMs: 1 });
    assert.equal(await feed.ended, 'idle');
    const { viewer } = await bench.viewer(feed);
    assert.equal(await viewer.ended, 'closed');
  });

  it('closes all of a thread that dies', async () => {
    const { feed } = await bench.feed({ first: Buffer.from('!1\n') });
    const { viewer, client } = await bench.viewer(feed);
    client.resume();
    const before = openDescriptors();
    bench.engine.threads[0]?.order({ kind: 'dance' } as unknown as Order);
    assert.deepEqual([await viewer.ended, await feed.ended], ['destroyed', 'destroyed']);
    await until('there are two threads', () => bench.engine.threads.length === 2);
    assert.ok(openDescriptors() <= before);
    client.destroy();
  });
});

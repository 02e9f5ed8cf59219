import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Claims, type Publication, Publishers } from '../../src/hooks/publishers.js';
import type { OwnerRef } from '../../src/owner.js';
import { recordLog } from '../helpers/log-lines.js';
import { key } from '../helpers/stream-key.js';
import { until } from '../helpers/until.js';

const C1: OwnerRef = { id: 'c001', generation: 1 };
const C2: OwnerRef = { id: 'c002', generation: 1 };

/** One owner a stream, in the way of the registry. */
class TestClaims implements Claims {
  readonly owners = new Map<string, OwnerRef>();
  readonly announced: string[] = [];

  async published(stream: string, owner: OwnerRef): Promise<boolean> {
    const winner = this.owners.get(stream) ?? owner;
    this.owners.set(stream, winner);
    return winner.id === owner.id;
  }

  announce(stream: string): void {
    this.announced.push(stream);
  }

  unpublished(stream: string, owner: OwnerRef): void {
    assert.equal(this.owners.get(stream)?.id, owner.id);
    this.owners.delete(stream);
  }
}

function of(clientId: string, owner = C1): Publication {
  return { stream: key('v/live/s'), owner, clientId, streamId: 'vid-1' };
}

function setUp(t: TestContext, isLive = async () => false) {
  const claims = new TestClaims();
  const publishers = new Publishers({ claims, isLive, settleMs: 10 });
  t.after(() => publishers.close());
  return { claims, publishers };
}

test('a stream is published from begin to end', async (t) => {
  const { claims, publishers } = setUp(t);
  assert.equal(await publishers.begin(of('a')), true);
  assert.deepEqual(claims.owners.get('v/live/s'), C1);
  publishers.end(of('a'));
  assert.equal(claims.owners.size, 0);
});

test('another child is refused, and what it says of an end means nothing', async (t) => {
  const { claims, publishers } = setUp(t);
  await publishers.begin(of('a'));
  assert.equal(await publishers.begin(of('b', C2)), false);
  publishers.end(of('b', C2));
  assert.deepEqual(claims.owners.get('v/live/s'), C1);
});

test('the next publisher may speak before the one who left', async (t) => {
  let asked = 0;
  const { claims, publishers } = setUp(t, async () => ++asked > 0);
  await publishers.begin(of('a'));
  await publishers.begin(of('b'));
  publishers.end(of('a'));
  await until('the child is asked', () => asked > 0);
  assert.equal(claims.owners.size, 1);
  publishers.end(of('b'));
  assert.equal(claims.owners.size, 0);
});

test('a publisher whom SRS turned away in silence does not keep the stream', async (t) => {
  const { claims, publishers } = setUp(t);
  await publishers.begin(of('a'));
  await publishers.begin(of('busy'));
  publishers.end(of('a'));
  await until('given up', () => claims.owners.size === 0);
});

test('an end under another client id is looked into', async (t) => {
  const { claims, publishers } = setUp(t);
  await publishers.begin(of('a'));
  publishers.end(of('the same, by another name'));
  await until('given up', () => claims.owners.size === 0);
});

test('who begins while the child is asked, stays', async (t) => {
  let answer: ((isLive: boolean) => void) | null = null;
  const isLive = () => new Promise<boolean>((resolve) => (answer = resolve));
  const { claims, publishers } = setUp(t, isLive);
  await publishers.begin(of('a'));
  await publishers.begin(of('b'));
  publishers.end(of('a'));
  const say = await until('the child is asked', () => answer);
  await publishers.begin(of('c'));
  say(false);
  await turn();
  assert.equal(claims.owners.size, 1);
  publishers.end(of('c'));
  assert.equal(claims.owners.size, 0);
});

test('a dead child has published nothing', async (t) => {
  const { claims, publishers } = setUp(t);
  await publishers.begin(of('a'));
  claims.owners.clear();
  publishers.childDown(C1);
  publishers.end(of('a'));
  assert.equal(claims.owners.size, 0);
  const next = { id: 'c001', generation: 2 };
  assert.equal(await publishers.begin(of('a', next)), true);
  publishers.childDown(C1);
  publishers.end(of('a', next));
  assert.equal(claims.owners.size, 0);
});

test('a child that cannot be asked costs one line, and the stream stays as it is', async (t) => {
  const claims = new TestClaims();
  const { logger, lines } = recordLog();
  const isLive = async () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:20002'));
  const publishers = new Publishers({ claims, isLive, settleMs: 10, logger });
  t.after(() => publishers.close());
  await publishers.begin(of('a'));
  await publishers.begin(of('b'));
  publishers.end(of('a'));
  const line = await until('a line is logged', () => lines[0]);
  assert.deepEqual(line, {
    stream: 'v/live/s',
    child: 'c001',
    reason: 'connect ECONNREFUSED 127.0.0.1:20002',
    msg: 'child does not report its streams: their state stays until its next hook',
  });
  assert.deepEqual(claims.owners.get('v/live/s'), C1);
});

test('after a standstill what no child publishes any more is over', async (t) => {
  const { claims, publishers } = setUp(t);
  const lost = { ...of('b'), stream: key('v/live/lost') };
  const fresh = { ...of('c'), stream: key('v/live/fresh') };
  const unsaid = { ...of('d', C2), stream: key('v/live/unsaid') };
  for (const publication of [of('a'), lost, unsaid]) await publishers.begin(publication);
  const liveIn = async ({ id }: OwnerRef) => {
    if (id === 'c002') throw new Error('no answer');
    return new Set([key('v/live/s')]);
  };
  const rechecked = publishers.recheck(liveIn);
  // A publisher that comes now is not in the child's list yet.
  await publishers.begin(fresh);
  await rechecked;
  assert.deepEqual([...claims.owners.keys()], ['v/live/s', 'v/live/unsaid', 'v/live/fresh']);
});

test('a publisher that has come back meanwhile stays', async (t) => {
  const { claims, publishers } = setUp(t);
  await publishers.begin(of('a'));
  const rechecked = publishers.recheck(async () => new Set());
  await publishers.begin(of('a-again'));
  await rechecked;
  assert.deepEqual([...claims.owners.keys()], ['v/live/s']);
  publishers.end(of('a-again'));
  assert.equal(claims.owners.size, 0);
});

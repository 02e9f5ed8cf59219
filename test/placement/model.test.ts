import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Hold } from '../../src/placement/types.js';
import { key } from '../helpers/stream-key.js';
import { GRACE_MS, World } from './helpers.js';

const CHILDREN = 3;
const STREAMS = ['v/a/1', 'v/a/2', 'v/a/3', 'v/a/4'].map(key);

/** Expected state of a stream: its holds, and the time until which it is kept without any. */
interface Expected {
  holds: Hold[];
  published: boolean;
  keptUntil: number;
}

type Step =
  | { readonly kind: 'acquire'; readonly stream: number; readonly role: Hold['role'] }
  | { readonly kind: 'release'; readonly stream: number; readonly nth: number }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'crash' | 'drain' | 'open'; readonly child: number };

const stream = fc.nat(STREAMS.length - 1);
const child = fc.nat(CHILDREN - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('acquire' as const),
    stream,
    role: fc.constantFrom('publish' as const, 'play' as const),
  }),
  fc.record({ kind: fc.constant('release' as const), stream, nth: fc.nat(9) }),
  fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 15 }) }),
  fc.record({ kind: fc.constantFrom('crash' as const, 'drain' as const, 'open' as const), child }),
);

class Model {
  readonly world = new World(CHILDREN);
  readonly streams = STREAMS.map((): Expected => ({ holds: [], published: false, keptUntil: 0 }));

  async run(next: Step): Promise<void> {
    if (next.kind === 'acquire') await this.acquire(next.stream, next.role);
    else if (next.kind === 'release') this.release(next.stream, next.nth);
    else if (next.kind === 'pass') await this.world.pass(next.seconds * 1000);
    else if (next.kind === 'crash') await this.crash(next.child);
    else this.world.change(next.child, { open: next.kind === 'open' });
    await this.check();
  }

  async acquire(index: number, role: Hold['role']): Promise<void> {
    const expected = this.streams[index]!;
    const hold = await this.world.placement.acquire(STREAMS[index]!, role);
    const open = this.world.fleet.some((candidate) => candidate.open);
    if (hold === null) return assert.ok(!open && expected.holds.length === 0);
    if (expected.holds.length > 0) assert.deepEqual(hold.owner, expected.holds[0]?.owner);
    else if (this.world.now >= expected.keptUntil) expected.published = false;
    expected.holds.push(hold);
    expected.published ||= role === 'publish';
  }

  release(index: number, nth: number): void {
    const expected = this.streams[index]!;
    const hold = expected.holds.splice(nth % (expected.holds.length || 1), 1)[0];
    hold?.release();
    if (hold && expected.holds.length === 0) {
      expected.keptUntil = expected.published ? this.world.now + GRACE_MS : 0;
    }
  }

  async crash(index: number): Promise<void> {
    const { id } = this.world.fleet[index]!;
    await this.world.crash(index);
    for (const expected of this.streams) {
      if (expected.holds[0]?.owner.id !== id) continue;
      for (const hold of expected.holds.splice(0)) hold.release();
      expected.keptUntil = 0;
    }
  }

  async check(): Promise<void> {
    const claims = new Set(await this.world.claimed());
    const status = new Map(this.world.placement.list().map((row) => [row.stream, row]));
    assert.equal(this.world.placement.size, status.size);
    for (const [index, { holds, keptUntil }] of this.streams.entries()) {
      const name = STREAMS[index]!;
      if (holds.length === 0 && this.world.now >= keptUntil) assert.ok(!claims.has(name), name);
      if (holds.length === 0) continue;
      assert.ok(claims.has(name), name);
      assert.equal(status.get(name)?.clients, holds.length);
      assert.equal(
        status.get(name)?.publishing,
        holds.some(({ role }) => role === 'publish'),
      );
    }
    for (const { id } of this.world.fleet) {
      const clients = this.streams.flatMap(({ holds }) => holds).filter((h) => h.owner.id === id);
      const streams = [...status.values()].filter((row) => row.child === id);
      const counts = { streams: streams.length, clients: clients.length };
      assert.deepEqual(this.world.placement.counts(id), counts);
    }
  }
}

test('keeps to the model through crashes, drains and time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const model = new Model();
      for (const next of steps) await model.run(next);
      await model.world.placement.close();
      assert.deepEqual(await model.world.claimed(), []);
    }),
    { numRuns: 300 },
  );
});

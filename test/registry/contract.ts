import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Registry } from '../../src/registry/registry.js';
import { key } from '../helpers/stream-key.js';

/** One store under test. */
export interface RegistryFixture {
  readonly registry: Registry;
  /**
   * A second door to the same store, as another supervisor has; the same object where there is
   * none.
   */
  readonly other: Registry;
  readonly leaseMs: number;
  /** Lets so much time pass: by the injected clock, or really. */
  readonly pass: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const C1 = { id: 'c001', generation: 1 };
const C1_NEXT = { id: 'c001', generation: 2 };
const C2 = { id: 'c002', generation: 1 };

/** Contract of every store: run it with a maker of fresh, empty stores. */
export function registryContract(name: string, make: () => Promise<RegistryFixture>): void {
  describe(`registry: ${name}`, () => {
    let store: RegistryFixture;
    beforeEach(async () => {
      store = await make();
    });
    afterEach(() => store.close());

    test('finds nothing in an empty store', async () => {
      assert.equal(await store.registry.find(key('v/a/s')), null);
    });

    test('the first claim wins, and everybody learns who it is', async () => {
      const won = await store.registry.claim(key('v/a/s'), C1);
      assert.deepEqual({ ...won, since: 0 }, { stream: 'v/a/s', owner: C1, since: 0 });
      assert.equal(typeof won.since, 'number');
      assert.deepEqual(await store.other.claim(key('v/a/s'), C2), won);
      assert.deepEqual(await store.other.find(key('v/a/s')), won);
      assert.deepEqual(await store.registry.claim(key('v/a/s'), C1), won);
    });

    test('an owner that publishes takes the stream from one that does not, once', async () => {
      const waiting = await store.registry.claim(key('v/a/s'), C1);
      const taken = await store.other.claim(key('v/a/s'), C2, true);
      assert.deepEqual([taken.owner, taken.live], [C2, true]);
      assert.deepEqual(await store.registry.claim(key('v/a/s'), C1, true), taken);
      assert.deepEqual(await store.registry.find(key('v/a/s')), taken);
      assert.equal(await store.registry.release(key('v/a/s'), waiting.owner), false);
      assert.deepEqual(await store.registry.renew([key('v/a/s')], C1), ['v/a/s']);
      assert.deepEqual(await store.other.renew([key('v/a/s')], C2), []);
      assert.equal(await store.registry.releaseAll(C1), 0);
      assert.equal(await store.other.releaseAll(C2), 1);
    });

    test('a claim that becomes live keeps its age', async () => {
      const { since } = await store.registry.claim(key('v/a/s'), C1);
      await store.pass(5);
      const live = await store.registry.claim(key('v/a/s'), C1, true);
      assert.deepEqual(live, { stream: 'v/a/s', owner: C1, since, live: true });
      assert.deepEqual(await store.registry.claim(key('v/a/s'), C1, true), live);
      assert.deepEqual(await store.registry.renew([key('v/a/s')], C1), []);
      assert.equal(await store.other.release(key('v/a/s'), C1), true);
    });

    test('concurrent claims have one winner', async () => {
      const owners = Array.from({ length: 100 }, (_, i) => ({ id: `c${i}`, generation: 1 }));
      const claims = await Promise.all(
        owners.map((owner, i) => (i % 2 ? store.registry : store.other).claim(key('v/a/s'), owner)),
      );
      for (const claim of claims) assert.deepEqual(claim, claims[0]);
      assert.deepEqual(await store.registry.find(key('v/a/s')), claims[0]);
    });

    test('holds plain values only', async () => {
      const owner = { ...C1, open: true, secret: () => 1 };
      const claim = await store.registry.claim(key('v/a/s'), owner);
      assert.deepEqual(JSON.parse(JSON.stringify(claim)), { ...claim });
      assert.deepEqual(claim.owner, C1);
    });

    test('releases for exactly the owner and its generation', async () => {
      await store.registry.claim(key('v/a/s'), C1);
      assert.equal(await store.registry.release(key('v/a/s'), C2), false);
      assert.equal(await store.registry.release(key('v/a/s'), C1_NEXT), false);
      assert.ok(await store.registry.find(key('v/a/s')));
      assert.equal(await store.other.release(key('v/a/s'), C1), true);
      assert.equal(await store.registry.release(key('v/a/s'), C1), false);
      assert.deepEqual((await store.registry.claim(key('v/a/s'), C2)).owner, C2);
    });

    test('a late release does not take a newer claim away', async () => {
      await store.registry.claim(key('v/a/s'), C1);
      await store.registry.release(key('v/a/s'), C1);
      await store.registry.claim(key('v/a/s'), C1_NEXT);
      assert.equal(await store.registry.release(key('v/a/s'), C1), false);
      assert.deepEqual((await store.registry.find(key('v/a/s')))?.owner, C1_NEXT);
    });

    test('releaseAll takes every generation up to the one named', async () => {
      await store.registry.claim(key('v/a/1'), C1);
      await store.registry.claim(key('v/a/2'), C1_NEXT);
      await store.registry.claim(key('v/a/3'), C2);
      await store.registry.claim(key('v/a/4'), { id: 'c001', generation: 3 });
      assert.equal(await store.registry.releaseAll(C1_NEXT), 2);
      assert.equal(await store.registry.releaseAll(C1_NEXT), 0);
      const left = await Promise.all([1, 2, 3, 4].map((n) => store.registry.find(key(`v/a/${n}`))));
      assert.deepEqual(
        left.map((claim) => claim?.stream),
        [undefined, undefined, 'v/a/3', 'v/a/4'],
      );
    });

    test('a claim that nobody renews ends', async () => {
      await store.registry.claim(key('v/a/s'), C1);
      await store.pass(store.leaseMs + 1);
      assert.equal(await store.registry.find(key('v/a/s')), null);
      assert.equal(await store.registry.release(key('v/a/s'), C1), false);
      assert.deepEqual((await store.registry.claim(key('v/a/s'), C2)).owner, C2);
    });

    test('a renewed claim lives on and keeps its age', async () => {
      const claim = await store.registry.claim(key('v/a/s'), C1);
      await store.registry.claim(key('v/a/idle'), C1);
      for (let i = 0; i < 4; i++) {
        await store.pass(store.leaseMs / 2);
        assert.deepEqual(await store.registry.renew([key('v/a/s')], C1), []);
      }
      assert.deepEqual(await store.registry.find(key('v/a/s')), claim);
      assert.equal(await store.registry.find(key('v/a/idle')), null);
    });

    test('renew answers what its owner no longer holds', async () => {
      await store.registry.claim(key('v/a/mine'), C1);
      await store.registry.claim(key('v/a/other'), C2);
      await store.registry.claim(key('v/a/newer'), C1_NEXT);
      const lost = await store.registry.renew(
        [key('v/a/mine'), key('v/a/none'), key('v/a/other'), key('v/a/newer')],
        C1,
      );
      assert.deepEqual(lost, ['v/a/none', 'v/a/other', 'v/a/newer']);
      assert.deepEqual(await store.registry.renew([], C1), []);
    });

    test('takes any text as a key', async () => {
      for (const stream of ['__proto__/a/s', 'v/a/ space', 'v/a/*?[x]', 'v/a/😀', 'a:b/c/d'].map(
        key,
      )) {
        assert.deepEqual((await store.registry.claim(stream, C1)).stream, stream);
        assert.equal((await store.registry.find(stream))?.stream, stream);
        assert.ok(await store.registry.release(stream, C1));
      }
    });
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildHealth, ChildStatus } from '../../src/child/types.js';
import { silentLogger } from '../../src/logging/logger.js';
import { MemoryRegistry } from '../../src/registry/memory.js';
import { makePlacement, type PlacementParts } from '../../src/supervisor/placement.js';
import { key } from '../helpers/stream-key.js';

const LIMITS = { maxConnections: 100, maxStreams: 0, maxBitrate: 0, slowStartSeconds: 30 };

function status(id: string, health: ChildHealth, state: ChildStatus['state'] = 'ready') {
  const serving = { ejected: false, readySince: state === 'ready' ? 0 : null };
  return { id, generation: 1, state, health, answering: health === 'ok', cpu: 0, ...serving };
}

test('new streams go to children that answer, and to any that serves where none does', async (t) => {
  let children = [status('c001', 'busy'), status('c002', 'ok'), status('c003', 'ok', 'failed')];
  const placement = makePlacement({
    current: { config: { children: LIMITS } },
    served: { mayTake: () => true, maxConnectionsOf: () => LIMITS.maxConnections },
    map: { registry: new MemoryRegistry(), boxes: null },
    owners: {
      statuses: () => children,
      status: (id: string) => children.find((one) => one.id === id) ?? null,
    },
    listeners: { traffic: () => new Map() },
    logger: silentLogger,
  } as unknown as PlacementParts);
  t.after(() => placement.close());
  const ownerOf = async (name: string) =>
    (await placement.acquire(key(`v/live/${name}`), 'publish'))?.owner.id ?? null;
  assert.deepEqual(
    [await ownerOf('a'), await ownerOf('b'), await ownerOf('c')],
    Array(3).fill('c002'),
  );
  children = [status('c001', 'busy'), status('c002', 'silent'), status('c003', 'ok', 'failed')];
  assert.equal(await ownerOf('d'), 'c001');
  children = [{ ...status('c001', 'ok'), ejected: true }, status('c002', 'ok')];
  assert.equal(await ownerOf('f'), 'c002');
  children = children.slice(0, 1);
  assert.equal(await ownerOf('g'), 'c001');
  children = [status('c003', 'ok', 'failed')];
  assert.equal(await ownerOf('e'), null);
});

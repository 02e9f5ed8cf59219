import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryRegistry } from '../../src/registry/memory.js';
import { key } from '../helpers/stream-key.js';
import { registryContract } from './contract.js';

const OWNER = { id: 'c001', generation: 1 };

registryContract('memory', async () => {
  let now = 1_000;
  const registry = new MemoryRegistry({ now: () => now, leaseMs: 30_000 });
  return {
    registry,
    other: registry,
    leaseMs: 30_000,
    pass: async (ms) => {
      now += ms;
    },
    close: () => registry.close(),
  };
});

test('a full registry refuses, and takes claims again when old ones have ended', async () => {
  let now = 0;
  const registry = new MemoryRegistry({ now: () => now, leaseMs: 100, maxClaims: 2 });
  await registry.claim(key('v/a/1'), OWNER);
  now = 50;
  await registry.claim(key('v/a/2'), OWNER);
  await assert.rejects(registry.claim(key('v/a/3'), OWNER), {
    code: 'ERR_REGISTRY',
    message: 'registry: full with 2 streams, cannot claim v/a/3',
  });
  assert.equal((await registry.claim(key('v/a/1'), OWNER)).since, 0);
  now = 100;
  await registry.claim(key('v/a/3'), OWNER);
  assert.equal(await registry.find(key('v/a/1')), null);
  assert.equal((await registry.find(key('v/a/2')))?.stream, 'v/a/2');
  assert.equal((await registry.find(key('v/a/3')))?.stream, 'v/a/3');
});

test('a claim cannot be changed from outside', async () => {
  const registry = new MemoryRegistry();
  const claim = await registry.claim(key('v/a/s'), OWNER);
  assert.ok(Object.isFrozen(claim) && Object.isFrozen(claim.owner));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { silentLogger } from '../../src/logging/logger.js';
import { HeapKeeper } from '../../src/system/heap-keeper.js';

const LINUX = process.platform !== 'linux' && 'the native engine is for Linux';

test('garbage goes before clients come', { skip: LINUX }, async () => {
  const garbage = new WeakRef({ of: 'a start' });
  await setImmediate();
  const keeper = new HeapKeeper({ name: 'native' }, silentLogger);
  await keeper.start();
  await setImmediate();
  assert.equal(garbage.deref(), undefined);
  await keeper.close();
});

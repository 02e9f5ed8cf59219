import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RedisClient, Store } from '../../../src/registry/redis/store.js';

/** Texts of the client library, and what users read in their place. */
const WORDS: readonly (readonly [text: string, words: string])[] = [
  [
    "Stream isn't writeable and enableOfflineQueue options is false",
    'there is no connection to it',
  ],
  ['Connection is closed.', 'there is no connection to it'],
  ['Command timed out', 'no answer in time'],
  ['None of startup nodes is available', 'no node of it answers'],
  ["OOM command not allowed when used memory > 'maxmemory'.", ''],
];

test('what the client library says of itself is put in plain words', async () => {
  for (const [text, words] of WORDS) {
    const get = async () => Promise.reject(new Error(text));
    const store = new Store({ get } as unknown as RedisClient);
    await assert.rejects(store.get('key'), {
      code: 'ERR_REGISTRY_AWAY',
      message: `registry: Redis does not answer: ${words || text}`,
    });
    await assert.rejects(store.get('key'), { message: /: it did not answer a moment ago$/ });
  }
});

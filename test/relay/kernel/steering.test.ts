import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '../../../src/logging/logger.js';
import { Steering } from '../../../src/relay/kernel/steering.js';

describe('kernel steering', () => {
  it('is refused in one line where nft, a right or the table is wanting', async () => {
    const table = { name: 'no name', port: 8000, host: null, size: 8 };
    const opened = Steering.open({ table, idleMs: 1000, logger: silentLogger });
    await assert.rejects(opened, ({ code, message }: Error & { code?: string }) => {
      assert.equal(code, 'ERR_CONFIG');
      assert.match(message, /^.+$/);
      return true;
    });
  });
});

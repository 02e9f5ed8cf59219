import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { MINI_SRS } from '../helpers/origins.js';
import { RedisServer } from '../helpers/redis.js';
import { clearWorkDir, RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED } from '../helpers/until.js';

async function assertEnds(t: TestContext, registry: string, line: RegExp): Promise<void> {
  const env = { SRS_SUPERVISOR_REGISTRY: registry };
  const supervisor = await RunningSupervisor.launch({ origin: MINI_SRS, children: 1, env });
  t.after(() => clearWorkDir(supervisor.workDir));
  assert.equal(await supervisor.ended(), 2, supervisor.output);
  const [only = '', ...more] = supervisor.errorLines;
  assert.match(only, line);
  assert.deepEqual(more, []);
}

describe('a start without its Redis', BOUNDED, () => {
  it('ends with one line where the password is wrong', async (t) => {
    const server = await RedisServer.start('--requirepass', 'right');
    t.after(() => server.dispose());
    const registry = `redis://:wrong@127.0.0.1:${server.port}`;
    await assertEnds(
      t,
      registry,
      /registry: cannot use redis:\/\/\*\*\*@.*: it refuses us \(WRONG/,
    );
  });

  it('ends with one line where another server listens', async (t) => {
    const web = createServer().listen(0, '127.0.0.1');
    await once(web, 'listening');
    t.after(() => web.close());
    const registry = `redis://127.0.0.1:${(web.address() as AddressInfo).port}`;
    await assertEnds(
      t,
      registry,
      /does not speak the Redis protocol; start it, mend the address, or/,
    );
  });

  it('ends with one line where nobody listens', async (t) => {
    await assertEnds(
      t,
      'redis://127.0.0.1:1',
      /the connection was refused \(127.0.0.1:1\); start it/,
    );
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { connectionBudget, fileLimit, parseFileLimit } from '../../src/config/limits.js';
import { loadConfig } from '../../src/config/load.js';

function config(env: Record<string, string> = {}) {
  return loadConfig({ env });
}

const wide = await config();

test('reads the soft limit of this process', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async () => {
  const own = execFileSync('cat', [`/proc/${process.pid}/limits`], { encoding: 'utf8' });
  assert.equal(await fileLimit(), parseFileLimit(own));
});

test('parses the limit', () => {
  const line = (soft: string) => `Max open files            ${soft}   524288   files     \n`;
  assert.equal(parseFileLimit(line('1024')), 1024);
  assert.equal(parseFileLimit(line('unlimited')), null);
  assert.equal(parseFileLimit('nothing'), null);
});

test('auto takes what fits', async () => {
  assert.deepEqual(connectionBudget(await config(), 3, 20_000), { connections: 9953 });
  assert.deepEqual(connectionBudget(await config(), 3, null), { connections: 1_000_000 });
  assert.deepEqual(connectionBudget(await config(), 3, 1 << 30), { connections: 1_000_000 });
});

test('a number is kept where it fits and refused where not', async () => {
  const wants = await config({ SRS_SUPERVISOR_LIMITS_CONNECTIONS: '5000' });
  assert.deepEqual(connectionBudget(wants, 3, 10_094), { connections: 5000 });
  assert.throws(() => connectionBudget(wants, 3, 10_093), {
    code: 'ERR_CONFIG',
    message:
      'limits.connections: must fit the limit of open files, got 5000, which takes 10094 descriptors where ulimit -n is 10093; lower it, or run `ulimit -n 10094` (systemd: LimitNOFILE=10094)',
  });
});

test("refuses what SRS would: a child's connections and 128 more reach the limit", async () => {
  assert.ok(connectionBudget(await config(), 1, 1129).connections > 0);
  assert.throws(
    () => connectionBudget(wide, 1, 1128),
    /^SupervisorError: children\.maxConnections: .* got 1000, which takes 1129 .* ulimit -n is 1128;/,
  );
});

test('refuses a fleet that leaves no descriptor for a client', async () => {
  assert.throws(() => connectionBudget(wide, 200, 2000), /limits\.connections: .* got auto/);
});

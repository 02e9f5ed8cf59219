import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { connectionBudget, fileLimit, parseFileLimit } from '../../src/check/limits.js';
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

test('auto takes what fits beside what children, admin port, pipes and the rest have', async () => {
  const fits = (nofile: number | null) => {
    const { connections } = connectionBudget(wide, 3, nofile);
    return connections;
  };
  assert.equal(fits(20_000), 8687);
  assert.equal(fits(null), 1_000_000);
  assert.equal(fits(1 << 30), 1_000_000);
});

test('a client that waits for a hook costs one descriptor more, and so do calls to its URLs', async () => {
  const hooked = await config({ SRS_SUPERVISOR_HOOKS_ON_PLAY: 'http://127.0.0.1/a' });
  assert.equal(connectionBudget(hooked, 3, 20_000).connections, 5770);
});

test('a number is kept where it fits and refused where not', async () => {
  const wants = await config({ SRS_SUPERVISOR_LIMITS_CONNECTIONS: '5000' });
  assert.equal(connectionBudget(wants, 3, 11_573).connections, 5000);
  assert.throws(() => connectionBudget(wants, 3, 11_000), {
    code: 'ERR_CONFIG',
    message:
      'limits.connections: must fit the limit of open files, got 5000, which takes 11573 descriptors where ulimit -n is 11000; lower it, or run `ulimit -n 11573` (systemd: LimitNOFILE=11573)',
  });
});

test('one address has a quarter, but enough for a family, and no more than an edge needs', async () => {
  const auto = (nofile: number) => connectionBudget(wide, 3, nofile).connectionsPerIp;
  assert.equal(auto(20_000), 2171);
  assert.equal(auto(1 << 20), 10_000);
  const few = await config({ SRS_SUPERVISOR_LIMITS_CONNECTIONS: '20' });
  assert.equal(connectionBudget(few, 1, 2000).connectionsPerIp, 16);
  const any = await config({ SRS_SUPERVISOR_LIMITS_CONNECTIONS_PER_IP: '0' });
  assert.equal(connectionBudget(any, 1, 2000).connectionsPerIp, 0);
});

test('pipes of slow readers take one descriptor in sixteen', () => {
  assert.equal(connectionBudget(wide, 1, 16_000).pipes, 500);
});

test("refuses what SRS would: a child's connections and 128 more reach the limit", async () => {
  // Our own connections to the child count, too.
  assert.ok(connectionBudget(await config(), 1, 1385).connections > 0);
  assert.throws(
    () => connectionBudget(wide, 1, 1384),
    /^SupervisorError: children\.maxConnections: .* got 1000, which takes 1385 .* ulimit -n is 1384;/,
  );
});

test('refuses a fleet that leaves no descriptor for a client', async () => {
  assert.throws(() => connectionBudget(wide, 200, 2000), /limits\.connections: .* got auto/);
});

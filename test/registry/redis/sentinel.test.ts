import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { createLogger } from '../../../src/logging/logger.js';
import { type ConnectOptions, connectRedis } from '../../../src/registry/redis/connect.js';
import type { RedisServer } from '../../helpers/redis.js';
import { type SentinelOptions, SentinelSetup } from '../../helpers/sentinel.js';
import { until } from '../../helpers/until.js';

async function start(t: TestContext, options: SentinelOptions = {}): Promise<SentinelSetup> {
  const setup = await SentinelSetup.start(options);
  t.after(() => setup.dispose());
  return setup;
}

async function has(server: RedisServer, key: string): Promise<boolean> {
  const client = new Redis(server.port);
  try {
    return (await client.get(key)) !== null;
  } finally {
    client.disconnect();
  }
}

async function isMaster(server: RedisServer): Promise<boolean> {
  const client = new Redis(server.port);
  try {
    return (await client.info('replication')).includes('role:master');
  } finally {
    client.disconnect();
  }
}

test('a failover by hand is followed, told and said, one after the other', async (t) => {
  const setup = await start(t, { sentinels: 3 });
  const lines: string[] = [];
  const logger = createLogger('warn', { people: false, write: (line) => lines.push(line) });
  const { client, follower, close } = await connectRedis(setup.url, { logger });
  t.after(close);
  assert.ok(follower);
  let moves = 0;
  follower.onMoved = () => {
    moves += 1;
  };
  const { master, replica } = setup;
  for (const [at, [from, to]] of [
    [master, replica] as const,
    [replica, master] as const,
  ].entries()) {
    await setup.failOver();
    const since = performance.now();
    await until('it is told', () => moves === at + 1);
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    const was = (await isMaster(from)) ? 'up as a master' : 'a replica';
    t.diagnostic(`followed after ${seconds} s, the old master is ${was}`);
    assert.equal(await setup.masterPort(), to.port);
    await client.set(`key${at}`, 'x');
    assert.ok(await has(to, `key${at}`));
    const arrived = lines.map((line) => JSON.parse(line)).filter(({ msg }) => /renewed$/.test(msg));
    assert.deepEqual(
      [arrived.length, arrived.at(-1)?.from, arrived.at(-1)?.to],
      [at + 1, `127.0.0.1 ${from.port}`, `127.0.0.1 ${to.port}`],
    );
  }
});

const SECRET = 'of-sentinels';
/** As Redis' own manual gives it to clients of Sentinel. */
const ACL =
  '-@all +auth +client|setname +command +hello +ping +sentinel|get-master-addr-by-name +sentinel|master +sentinel|sentinels';
const REQUIRED = [`requirepass ${SECRET}`, `sentinel sentinel-pass ${SECRET}`];

/** Passwords of servers and Sentinels, and those in the address and `cluster.sentinelAuth`. */
const LOGINS: readonly [string, SentinelOptions, string, ConnectOptions][] = [
  ['of Sentinels alone', { lines: REQUIRED, login: { password: SECRET } }, `:${SECRET}@`, {}],
  ['of servers alone', { password: 'of-servers' }, ':of-servers@', {}],
  [
    'of both, the same',
    { password: SECRET, lines: REQUIRED, login: { password: SECRET } },
    `:${SECRET}@`,
    {},
  ],
  [
    'of both, each its own',
    { password: 'of-servers', lines: REQUIRED, login: { password: SECRET } },
    ':of-servers@',
    { sentinelAuth: `:${SECRET}` },
  ],
  [
    'of a user of Sentinels',
    {
      lines: ['user default on nopass ~* &* +@all', `user box on >${SECRET} ${ACL}`],
    },
    '',
    { sentinelAuth: `box:${SECRET}` },
  ],
];

for (const [name, options, login, keys] of LOGINS) {
  test(`a password ${name} serves, after a failover as well`, async (t) => {
    const setup = await start(t, options);
    const { client, follower, close } = await connectRedis(setup.urlWith(login), keys);
    t.after(close);
    assert.ok(follower);
    assert.equal(await client.set('key', 'x'), 'OK');
    const moved = new Promise<void>((resolve) => {
      follower.onMoved = resolve;
    });
    await setup.failOver();
    await moved;
    assert.equal(await client.set('key', 'y'), 'OK');
  });
}

test('Sentinels that refuse us are named, and the key that helps', async (t) => {
  const setup = await start(t, { lines: REQUIRED, login: { password: SECRET } });
  const refused = {
    code: 'ERR_CONFIG',
    message: /a Sentinel refuses us \(.+\): set cluster.sentinelAuth/,
  };
  const tries = [{}, { sentinelAuth: ':wrong' }];
  await Promise.all(tries.map((keys) => assert.rejects(connectRedis(setup.url, keys), refused)));
});

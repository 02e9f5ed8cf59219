import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsIn, reasonOf, unfitness } from '../../../src/registry/redis/unfit.js';

const FIT = { version: '7.0.15', mode: 'standalone', role: 'master' };

test('reads what decides out of INFO', () => {
  const info = '# Server\r\nredis_version:7.0.15\r\nredis_mode:cluster\r\n\r\nrole:slave\r\n';
  assert.deepEqual(factsIn(info), { version: '7.0.15', mode: 'cluster', role: 'slave' });
  assert.deepEqual(factsIn(''), { version: 'unknown', mode: 'unknown', role: 'unknown' });
});

const SERVERS: [string, Partial<typeof FIT>, string, RegExp | null][] = [
  ['a master', {}, 'redis', null],
  ['a master behind Sentinels', {}, 'redis+sentinel', null],
  ['a node, asked as a cluster', { mode: 'cluster', role: 'slave' }, 'redis+cluster', null],
  ['the oldest that will do', { version: '5.0.0' }, 'redis', null],
  ['one that says nothing else', { mode: 'unknown', role: 'unknown' }, 'redis', null],
  ['an old one', { version: '4.0.14' }, 'redis', /^version 4.0.14 is too old, 5 or later/],
  ['one without a version', { version: 'unknown' }, 'redis', /^it does not tell its version/],
  ['a Sentinel', { mode: 'sentinel' }, 'redis', /redis\+sentinel:/],
  ['a node of a cluster', { mode: 'cluster' }, 'rediss', /redis\+cluster:/],
  ['a replica', { role: 'slave' }, 'redis', /^it is a replica/],
];
for (const [what, facts, protocol, expected] of SERVERS) {
  test(`${what} ${expected === null ? 'can be used' : 'is refused'}`, () => {
    const reason = unfitness({ ...FIT, ...facts }, `${protocol}://h`);
    if (expected === null) assert.equal(reason, null);
    else assert.match(`${reason}`, expected);
  });
}

const HEARD: [string[], RegExp][] = [
  [[], /^it does not answer$/],
  [['something new'], /^something new$/],
  [['Connection is closed.', 'WRONGPASS no'], /^it refuses us \(WRONGPASS no\)$/],
  [['Protocol error, got "H" as reply type byte.'], /does not speak the Redis protocol/],
  [
    ['failed to connect to sentinel h:1 because connect ECONNREFUSED 1.2.3.4:1'],
    /^the connection was refused \(1.2.3.4:1\)$/,
  ],
  [['getaddrinfo EAI_AGAIN nowhere'], /^the name service does not answer \(nowhere\)$/],
  [['failed because ERR No such master with that name'], /know no master of that name/],
  [['connect ETIMEDOUT'], /^the connection timed out$/],
  [
    ['Connection is closed.', 'Command timed out'],
    /^it accepts a connection, but does not answer$/,
  ],
  [['Failed to refresh slots cache.', 'Connection is closed.'], /^no Redis server answers there$/],
];
for (const [heard, reason] of HEARD) {
  test(`of ${JSON.stringify(heard)} people are told ${reason}`, () => {
    assert.match(reasonOf(heard), reason);
  });
}

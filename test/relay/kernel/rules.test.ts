import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addCommand,
  countsIn,
  deleteCommand,
  forgetCommand,
  keyOf,
  listCommands,
  tableCommand,
} from '../../../src/relay/kernel/rules.js';

const TABLE = { name: 'srs_t', port: 8000, host: null, size: 10 };
const USERNAME = 'Sbox001234567890:abcd';
const NAMED = '0x53626f78303031323334353637383930';
const of = (ip: string) => ({ client: { ip, port: 5004 }, childPort: 20003, username: USERNAME });

describe('nftables commands', () => {
  it('steers IPv4 and IPv6, and one of them where the port has a host', () => {
    assert.match(tableCommand(TABLE), /flags owner.* map @in4 .* map @in6 /);
    const one = tableCommand({ ...TABLE, host: '192.0.2.1' });
    assert.match(one, /in ip daddr 192\.0\.2\.1 udp dport 8000 udp dport set /);
    assert.doesNotMatch(one, /6 \{|ip6/);
    assert.equal(tableCommand(TABLE).includes('\n'), false);
  });

  it('puts a client into its sets, and takes it out', () => {
    const key = '192.0.2.7 . 5004';
    assert.equal(
      addCommand(TABLE, of('192.0.2.7')),
      `add element inet srs_t in4 { ${key} : 20003 }; ` +
        `add element inet srs_t out4 { ${key} . 20003 }; ` +
        `add element inet srs_t names4 { ${key} . ${NAMED} }`,
    );
    const removed = deleteCommand(TABLE, of('2001:db8::7'));
    assert.match(removed, /^delete element inet srs_t in6 \{ 2001:db8::7 \. 5004 \}; /);
  });

  it('writes a name in hexadecimal, whatever it holds', () => {
    const evil = { ...of('192.0.2.7'), username: '}; flush ruleset\n:x' };
    assert.match(addCommand(TABLE, evil), /\. 0x[\da-f]{32} \}$/);
  });

  it('knows whom it cannot steer', () => {
    assert.equal(keyOf(TABLE, { ip: '192.0.2.7', port: 1 }), '192.0.2.7 1');
    assert.equal(keyOf(TABLE, { ip: 'fe80::1%eth0', port: 1 }), null);
    assert.equal(keyOf(TABLE, { ip: '1.2.3.4 }; x', port: 1 }), null);
    assert.equal(keyOf({ ...TABLE, host: '192.0.2.1' }, { ip: '2001:db8::7', port: 1 }), null);
  });

  it('reads counters', () => {
    const counter = { packets: 2, bytes: 100 };
    const elem = [[{ elem: { val: { concat: ['192.0.2.7', 5004] }, counter } }, 20003]];
    const line = JSON.stringify({ nftables: [{ metainfo: {} }, { map: { name: 'in4', elem } }] });
    assert.deepEqual(countsIn(line), [{ set: 'in4', key: '192.0.2.7 5004', ...counter }]);
    const left = { concat: ['192.0.2.7', 5004] };
    const plain = JSON.stringify({
      nftables: [{ set: { name: 'left4', elem: [{ elem: { val: left } }] } }],
    });
    const [heard] = countsIn(plain) ?? [];
    assert.equal(heard?.set, 'left4');
    assert.equal(
      heard && forgetCommand(TABLE, heard),
      'delete element inet srs_t left4 { 192.0.2.7 . 5004 }',
    );
    assert.deepEqual(countsIn('{"nftables":[{"map":{"name":"in6"}}]}'), []);
    assert.equal(countsIn('{}'), null);
    assert.equal(countsIn(line.slice(0, -2)), null);
    assert.equal(listCommands(TABLE).length, 6);
  });
});

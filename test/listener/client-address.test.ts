import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forwardedClient, normalIp, TrustedProxies } from '../../src/listener/client-address.js';

const trusted = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);

describe('trusted proxies', () => {
  it('are addresses and networks, in either spelling', () => {
    const inside = ['10.1.2.3', '192.0.2.7', '::ffff:10.1.2.3', '2001:db8:1::5', '::1'];
    for (const ip of inside) assert.ok(trusted.has(ip), ip);
    const outside = ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::2', '', 'nonsense'];
    for (const ip of outside) assert.ok(!trusted.has(ip), ip);
  });

  it('have one spelling', () => {
    assert.equal(normalIp('::ffff:1.2.3.4'), '1.2.3.4');
    assert.equal(normalIp('2001:DB8:0:0::1'), '2001:db8::1');
    assert.equal(normalIp('host'), null);
  });
});

const CASES: readonly [peer: string, header: string | undefined, client: string][] = [
  ['9.9.9.9', undefined, '9.9.9.9'],
  ['9.9.9.9', '1.1.1.1', '9.9.9.9'],
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1', '1.1.1.1'],
  ['10.0.0.1', 'spoofed, 1.1.1.1', '1.1.1.1'],
  ['10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', '1.1.1.1'],
  ['10.0.0.1', '10.0.0.3,10.0.0.2', '10.0.0.3'],
  ['10.0.0.1', '6.6.6.6, garbage, 10.0.0.2', '10.0.0.2'],
  ['10.0.0.1', '', '10.0.0.1'],
  ['10.0.0.1', '[2001:db9::1]:443', '2001:db9::1'],
  ['10.0.0.1', '1.1.1.1:555', '1.1.1.1'],
  ['::1', '2001:db9::2', '2001:db9::2'],
];

describe('X-Forwarded-For', () => {
  for (const [peer, header, client] of CASES) {
    it(`${header} from ${peer} means ${client}`, () => {
      assert.equal(forwardedClient({ ip: peer, port: 1 }, header, trusted).ip, client);
    });
  }
});

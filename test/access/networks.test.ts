import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { Networks } from '../../src/access/networks.js';

describe('networks', () => {
  it('have the addresses that a network covers, whatever its size', () => {
    const octets = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
    const bits = fc.nat(32);
    const check = ([one, other, width]: [number[], number[], number]) => {
      const [network, ip] = [one.join('.'), other.join('.')];
      const expected = ipaddr.IPv4.parse(ip).match(ipaddr.IPv4.parse(network), width);
      assert.equal(new Networks([`${network}/${width}`]).has(ip), expected);
    };
    fc.assert(fc.property(fc.tuple(octets, octets, bits), check));
    const near = octets.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.nat(3).map((at) => all.map((part, of) => (of === at ? part ^ 1 : part))),
        bits,
      ),
    );
    fc.assert(fc.property(near, check));
  });

  it('are read in every form of an address', () => {
    const networks = new Networks(['10.0.0.0/8', '192.0.2.7', '0.0.0.0/32', '2001:db8::/32']);
    for (const ip of ['10.255.0.1', '192.0.2.7', '0.0.0.0', '::ffff:10.0.0.1', '2001:db8::1']) {
      assert.ok(networks.has(ip), ip);
    }
    const outside = ['11.0.0.1', '192.0.2.8', '0.0.0.1', '2001:db9::1', '10.0.0.', '10.0.0.0.1'];
    for (const ip of [...outside, '10..0.1', '.10.0.0.1', '10.0.0.256', '', 'x', ' 10.0.0.1']) {
      assert.ok(!networks.has(ip), ip);
    }
    assert.ok(new Networks(['0.0.0.0/0']).has('255.255.255.255'));
    assert.ok(!new Networks(['::/0']).has('10.0.0.1'));
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrustedProxies } from '../../src/listener/client-address.js';
import { Admission } from '../../src/unmanaged/admission.js';
import { senderOf } from '../../src/unmanaged/sender.js';

let now = 0;
const admission = new Admission({
  from: new TrustedProxies(['10.0.0.0/8', '2001:db8::/32']),
  hosts: new TrustedProxies([]),
  tokens: [],
  now: () => now,
});
const from = (ip: string) => {
  const sender = senderOf(ip, '10.9.9.9');
  assert.ok(sender);
  return sender;
};

test('who asks too often has to wait, and keeps nobody else waiting', () => {
  const flood = () => {
    for (let i = 0; i < 1000; i++) admission.admit(from('10.0.0.1'), undefined);
  };
  assert.throws(flood, { status: 429 });
  admission.admit(from('10.0.0.2'), undefined);
  now += 1000;
  admission.admit(from('10.0.0.1'), undefined);
  assert.throws(flood, { status: 429 });
});

test('a network of IPv6 counts as one sender, this machine as another', () => {
  const groups = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'].map((ip) => from(ip).group);
  assert.deepEqual(groups, ['2001:db8::/64', '2001:db8::/64', '2001:db8:0:1::/64']);
  assert.equal(from('::ffff:10.0.0.1').group, '10.0.0.1');
  const near = [from('127.0.0.1'), from('::1'), from('10.9.9.9')];
  assert.deepEqual(new Set(near.map(({ group, isNear }) => `${group} ${isNear}`)).size, 1);
  assert.equal(senderOf(undefined, '10.9.9.9'), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProxyHeaderReader } from '../../src/listener/read-proxy-header.js';

const PEER = { ip: '127.0.0.1', port: 4000 };

test('a header is read in any pieces, and leaves the bytes behind it', () => {
  const bytes = Buffer.from('PROXY TCP6 2001:db8:0::1 ::1 4444 1935\r\n\x03rest', 'latin1');
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new ProxyHeaderReader();
    let [read, at] = [reader.take(bytes.subarray(0, size), PEER), size];
    for (; read === null; at += size) read = reader.take(bytes.subarray(at, at + size), PEER);
    assert.deepEqual(read.client, { ip: '2001:db8::1', port: 4444 });
    const behind = Buffer.concat([read.rest, bytes.subarray(at)]);
    assert.equal(behind.toString('latin1'), '\x03rest');
  }
});

test('the client is the balancer where its header names none', () => {
  const read = new ProxyHeaderReader().take(Buffer.from('PROXY UNKNOWN\r\n'), PEER);
  assert.deepEqual(read, { client: PEER, rest: Buffer.alloc(0) });
});

test('bytes that are no header are refused at once', () => {
  const take = () => new ProxyHeaderReader().take(Buffer.from('\x03'), PEER);
  assert.throws(take, { failure: 'invalid', message: 'no PROXY header' });
});

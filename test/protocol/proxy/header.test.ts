import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseProxyHeader } from '../../../src/protocol/proxy/header.js';

const SIGNATURE = '0d0a0d0a000d0a515549540a';

function v2(hex: string): Buffer {
  return Buffer.from(SIGNATURE + hex.replaceAll(' ', ''), 'hex');
}

const V4 = v2('21 11 000c 01020304 7f000001 3039 1f90');
const V6 = `21 21 0024 20010db8${'00'.repeat(11)}01 ${'00'.repeat(15)}01 3039 01bb`;

const VALUES: readonly [name: string, bytes: Buffer, client: object | null][] = [
  ['v1 over IPv4', Buffer.from('PROXY TCP4 1.2.3.4 10.0.0.1 12345 443\r\n'), addr('1.2.3.4')],
  ['v1 over IPv6', Buffer.from('PROXY TCP6 2001:db8::1 ::1 12345 443\r\n'), addr('2001:db8::1')],
  ['v1 unknown', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['v1 unknown with a tail', Buffer.from('PROXY UNKNOWN ffff::1 ::1 1 2\r\n'), null],
  ['v2 over IPv4', V4, addr('1.2.3.4')],
  ['v2 over IPv6', v2(V6), addr('2001:db8:0:0:0:0:0:1')],
  ['v2 with TLVs', v2('21 11 0010 01020304 7f000001 3039 1f90 04000101'), addr('1.2.3.4')],
  ['v2 LOCAL', v2('20 00 0000'), null],
  ['v2 LOCAL with an address', v2('20 11 000c 01020304 7f000001 3039 1f90'), null],
  ['v2 over a Unix socket', v2(`21 31 00d8 ${'00'.repeat(216)}`), null],
];

const INVALID: readonly [name: string, bytes: Buffer][] = [
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ['one foreign byte', Buffer.from([3])],
  ['v1 without an end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
  ['v1 with a bad family', Buffer.from('PROXY UDP4 1.2.3.4 10.0.0.1 1 2\r\n')],
  ['v1 with a bad address', Buffer.from('PROXY TCP4 1.2.3.400 10.0.0.1 1 2\r\n')],
  ['v1 with the other family', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['v1 with a bad port', Buffer.from('PROXY TCP4 1.2.3.4 10.0.0.1 70000 2\r\n')],
  ['v1 with too few words', Buffer.from('PROXY TCP4 1.2.3.4\r\n')],
  ['v2 of version 3', v2('31 11 000c')],
  ['v2 with a bad command', v2('22 11 000c')],
  ['v2 with a short address', v2('21 11 0004 01020304')],
  ['v2 with a giant body', v2('21 11 ffff')],
];

function addr(ip: string) {
  return { ip, port: 12_345 };
}

describe('the PROXY header', () => {
  for (const [name, bytes, client] of VALUES) {
    it(`reads ${name}, whatever follows, and asks for more of each part`, () => {
      const all = Buffer.concat([bytes, Buffer.from('rest')]);
      assert.deepEqual(parseProxyHeader(all), {
        kind: 'value',
        value: client,
        consumed: bytes.length,
      });
      for (let size = 0; size < bytes.length; size += 1) {
        assert.equal(parseProxyHeader(bytes.subarray(0, size)).kind, 'incomplete', `${size} bytes`);
      }
    });
  }

  for (const [name, bytes] of INVALID) {
    it(`refuses ${name}`, () => assert.equal(parseProxyHeader(bytes).kind, 'invalid'));
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AF_INET, AF_INET6 } from '../../src/relay/native/libc-sockets.js';
import { endpointOf, keyOf, nameOf } from '../../src/relay/native/names.js';

describe('socket names', () => {
  const ENDPOINTS = [
    { ip: '127.0.0.1', port: 1 },
    { ip: '255.255.255.255', port: 65_535 },
    { ip: '::1', port: 8000 },
    { ip: '2001:db8::a:0:1', port: 443 },
  ];

  it('reads back what it has written', () => {
    for (const endpoint of ENDPOINTS) {
      assert.deepEqual(endpointOf(nameOf(endpoint, AF_INET6)), endpoint);
    }
  });

  it('gives an IPv4 client one key, whichever family of socket heard it', () => {
    const endpoint = { ip: '10.1.2.3', port: 5000 };
    assert.deepEqual(endpointOf(nameOf(endpoint, AF_INET)), endpoint);
    assert.equal(keyOf(nameOf(endpoint, AF_INET)), keyOf(nameOf(endpoint, AF_INET6)));
  });

  it('gives every client a key of its own', () => {
    const keys = ENDPOINTS.flatMap(({ ip, port }) =>
      [port, port - 1].map((each) => keyOf(nameOf({ ip, port: each }, AF_INET6))),
    );
    assert.equal(new Set(keys).size, keys.length);
  });
});

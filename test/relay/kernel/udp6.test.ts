import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { IPv6Ports, wildcardPorts } from '../../../src/relay/kernel/udp6.js';

const NO_IPV6 =
  !networkInterfaces().lo?.some(({ address }) => address === '::1') && 'no IPv6 on this machine';

describe('IPv6 ports', () => {
  it('are those bound to every address', () => {
    const zeros = '0'.repeat(32);
    const one = `${zeros.slice(1)}1`;
    const rows = [
      '  sl  local_address                         remote_address  st',
      `    7: ${zeros}:4E23 ${zeros}:0000 07 00000000:00000000`,
      ` 1234: ${one}:4E24 ${zeros}:0000 07 00000000:00000000`,
    ];
    assert.deepEqual(wildcardPorts(`${rows.join('\n')}\n`), new Set([0x4e23]));
    assert.deepEqual(wildcardPorts(''), new Set());
  });

  it('are read once for all who ask, and anew after a while', { skip: NO_IPV6 }, async () => {
    let now = 0;
    const ports = new IPv6Ports(() => now);
    const socket = createSocket('udp6').bind(0, '::');
    await once(socket, 'listening');
    const { port } = socket.address();
    const reading = ports.refresh();
    assert.ok(reading);
    assert.equal(ports.refresh(), reading);
    await reading;
    assert.equal(ports.has(port), true);
    assert.equal(ports.refresh(), null);
    socket.close();
    await once(socket, 'close');
    assert.equal(ports.has(port), true);
    now += 60_000;
    await ports.refresh();
    assert.equal(ports.has(port), false);
  });
});

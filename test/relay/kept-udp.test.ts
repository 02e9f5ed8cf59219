import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import { silentLogger } from '../../src/logging/logger.js';
import { takeUdpPort } from '../../src/relay/engine.js';
import { NativeUdpRelay } from '../../src/relay/native/udp.js';
import { NativeUdpGroup } from '../../src/relay/native/udp-group.js';
import type { UdpRelay, UdpRelayOptions } from '../../src/relay/udp.js';
import { until } from '../helpers/until.js';

const THREADS: Readonly<Record<string, (options: UdpRelayOptions) => Promise<UdpRelay>>> = {
  'one thread': async (options) => new NativeUdpRelay(options),
  'two threads': (options) => NativeUdpGroup.open(options, silentLogger, [null, null]),
};

for (const [name, open] of Object.entries(THREADS)) {
  describe(`UDP sessions that outlive their relay, ${name}`, () => {
    const sockets: Socket[] = [];
    let relay: UdpRelay | null = null;
    afterEach(async () => {
      for (const socket of sockets.splice(0)) socket.close();
      await relay?.close();
    });

    /** A socket and the texts that it has got. */
    const party = async () => {
      const socket = createSocket('udp4').bind(0, '127.0.0.1');
      sockets.push(socket);
      const got: string[] = [];
      let from = 0;
      socket.on('message', (datagram, { port }) => {
        got.push(datagram.toString());
        from = port;
      });
      await once(socket, 'listening');
      const { port } = socket.address();
      return { got, endpoint: { ip: '127.0.0.1', port }, socket, from: () => from };
    };

    it('go on with their sockets, and lose nothing that comes meanwhile', async () => {
      const strangers: string[] = [];
      const options: UdpRelayOptions = {
        ...{ address: { host: '127.0.0.1', port: 0 }, maxSessions: 8, idleMs: 60_000 },
        onStranger: (datagram) => strangers.push(datagram.toString()),
      };
      const first = await open(options);
      relay = first;
      const [client, child, other] = [await party(), await party(), await party()];
      const session = first.open(client.endpoint, child.endpoint, [Buffer.from('one')]);
      const held = first.open(other.endpoint, child.endpoint, [], { heard: () => {} });
      assert.ok(session && held);
      await until('the child hears', () => child.got.includes('one'));
      const port = child.from();
      const given = await first.keeping?.give();
      assert.ok(given);
      // The handshake of the held session is not over.
      assert.equal(await held.ended, 'destroyed');
      assert.equal(given.sessions.length, 1);
      client.socket.send('two', first.port, '127.0.0.1');
      child.socket.send('three', port, '127.0.0.1');
      relay = await takeUdpPort(options, given, silentLogger);
      assert.equal(relay.port, first.port);
      const kept = given.sessions.flatMap((one) => one.kept)[0];
      const next = kept ? relay.keeping?.take(kept) : null;
      assert.ok(next);
      client.socket.send('four', relay.port, '127.0.0.1');
      await until('the child hears', () => child.got.includes('four'));
      await until('the client hears', () => client.got.includes('three'));
      assert.deepEqual([child.got, strangers], [['one', 'two', 'four'], []]);
      assert.equal(child.from(), port);
      await until('they are counted', () => next.bytesIn === 10 && next.bytesOut === 5);
    });
  });
}

/** A UDP relay and nothing else: `node udp-server.js native|portable|webrtc|offload CHILD_PORT`. */
import { silentLogger } from '../../../src/logging/logger.js';
import { openUdpRelay } from '../../../src/relay/engine.js';
import { Steering } from '../../../src/relay/kernel/steering.js';
import type { UdpRelay } from '../../../src/relay/udp.js';

const [name = '', childPort = ''] = process.argv.slice(2);
const child = { ip: '127.0.0.1', port: Number(childPort) };
let steering: Steering | null = null;
const relay: UdpRelay = await openUdpRelay(
  name === 'portable' ? 'portable' : 'native',
  {
    address: { host: '127.0.0.1', port: 0 },
    maxSessions: 1000,
    idleMs: 60_000,
    // What the WebRTC port asks for.
    ...(name === 'webrtc' || name === 'offload'
      ? { checkedBelow: 1, farewell: 0x15fe, gatherMs: 0.2 }
      : {}),
    onStranger: (datagram, client) => {
      const steered = { client, childPort: child.port, username: '' };
      if (steering === null) relay.open(client, child, [datagram]);
      else steering.open(steered);
    },
  },
  { logger: silentLogger, cpu: null },
);
if (name === 'offload') {
  const table = { name: `srs_bench_${relay.port}`, port: relay.port, host: null, size: 1000 };
  steering = await Steering.open({ table, idleMs: 60_000, logger: silentLogger });
}
process.send?.(relay.port);
process.once('disconnect', () => process.exit());

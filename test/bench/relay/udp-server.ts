/** A UDP relay and nothing else: `node udp-server.js native|portable|webrtc CHILD_PORT`. */
import { silentLogger } from '../../../src/logger.js';
import { openUdpRelay } from '../../../src/relay/engine.js';
import type { UdpRelay } from '../../../src/relay/udp.js';

const [name = '', childPort = ''] = process.argv.slice(2);
const child = { ip: '127.0.0.1', port: Number(childPort) };
const relay: UdpRelay = await openUdpRelay(
  name === 'portable' ? 'portable' : 'native',
  {
    address: { host: '127.0.0.1', port: 0 },
    maxSessions: 1000,
    idleMs: 60_000,
    // What the WebRTC port asks for.
    ...(name === 'webrtc' ? { checkedBelow: 1, farewell: 0x15fe } : {}),
    onStranger: (datagram, from) => relay.open(from, child, [datagram]),
  },
  { logger: silentLogger, cpu: null },
);
process.send?.(relay.port);
process.once('disconnect', () => process.exit());

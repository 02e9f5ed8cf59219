/**
 * A relay and nothing else: `node server.js native|portable CHILD_PORT`. Tells its parent its port,
 * then carries whoever connects to 127.0.0.1:CHILD_PORT.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { silentLogger } from '../../../src/logging/logger.js';
import { openEngine } from '../../../src/relay/engine.js';
import type { RelayedConnection } from '../../../src/relay/relay.js';

const [name = '', childPort = ''] = process.argv.slice(2);
const kind = name === 'native' ? 'native' : 'portable';
const engine = await openEngine({ engine: kind, threads: 1, cpus: [], logger: silentLogger });
const options = { allowHalfOpen: true, noDelay: true };

/** Nothing here may remember the sockets: they are the engine's from `join` on. */
async function join(client: Socket): Promise<RelayedConnection> {
  const child = connect({ port: Number(childPort), host: '127.0.0.1', ...options });
  await once(child, 'connect');
  return engine.join({ client, child, idleMs: 3_600_000 });
}

const open = new Set<RelayedConnection>();
const server = createServer({ ...options, pauseOnConnect: true }, (client) => {
  client.on('error', () => {});
  join(client).then((relayed) => {
    open.add(relayed);
    relayed.ended.then(() => open.delete(relayed));
  });
});
server.listen(0, '127.0.0.1', 4096);
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit());

/**
 * A relay and nothing else: `node server.js native|portable CHILD_PORT`. Tells its parent its port,
 * then carries whoever connects to 127.0.0.1:CHILD_PORT.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { silentLogger } from '../../../src/logger.js';
import { openEngine } from '../../../src/relay/engine.js';

const [name = '', childPort = ''] = process.argv.slice(2);
const kind = name === 'native' ? 'native' : 'portable';
const engine = await openEngine({ engine: kind, threads: 1, cpus: [], logger: silentLogger });
const options = { allowHalfOpen: true, noDelay: true };

async function serve(client: Socket): Promise<void> {
  const child = connect({ port: Number(childPort), host: '127.0.0.1', ...options });
  await once(child, 'connect');
  await engine.join({ client, child, idleMs: 3_600_000 }).ended;
}

const server = createServer({ ...options, pauseOnConnect: true }, (client) => {
  client.on('error', () => {});
  serve(client).catch(() => client.destroy());
});
server.listen(0, '127.0.0.1', 4096);
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit());

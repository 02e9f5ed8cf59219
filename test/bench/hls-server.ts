/**
 * The HTTP port with HLS on it and nothing else: `node hls-server.js ROOT`. Tells its parent its
 * port.
 */
import { hlsRoutes } from '../../src/hls/routes.js';
import { ConnectionBudget } from '../../src/listener/budget.js';
import { silentLogger } from '../../src/logging/logger.js';
import { DEFAULT_VHOST } from '../../src/stream-key.js';
import { OPEN_GATE } from '../helpers/gate.js';
import { httpListener } from '../helpers/http-listener.js';

const [root = ''] = process.argv.slice(2);
const hls = hlsRoutes({
  root,
  vhosts: () => [DEFAULT_VHOST],
  windowSeconds: 60,
  cacheBytes: 64 * 1024 * 1024,
  gate: OPEN_GATE,
  find: async () => null,
  logger: silentLogger,
});
const listener = httpListener({
  limits: new ConnectionBudget({ connections: 1000, connectionsPerIp: 0 }),
  plugins: [hls],
});
await listener.start();
process.send?.(listener.address()?.port);
process.once('disconnect', () => process.exit());

/**
 * The HTTP port with HLS on it and nothing else: `node hls-server.js ROOT`. Tells its parent its port.
 */
import { hlsRoutes } from '../../src/hls/routes.js';
import { ConnectionBudget } from '../../src/listener/budget.js';
import { TrustedProxies } from '../../src/listener/client-address.js';
import { HttpListener, type HttpListenerOptions } from '../../src/listener/http/listener.js';
import { silentLogger } from '../../src/logging/logger.js';
import { DEFAULT_VHOST } from '../../src/stream-key.js';
import { OPEN_ACCESS } from '../helpers/access.js';

const [root = ''] = process.argv.slice(2);
const hls = hlsRoutes({
  root,
  vhosts: [DEFAULT_VHOST],
  windowSeconds: 60,
  cacheBytes: 64 * 1024 * 1024,
  access: OPEN_ACCESS,
  find: async () => null,
  logger: silentLogger,
});
const options: HttpListenerOptions = {
  name: 'listen.http',
  address: { host: '127.0.0.1', port: 0 },
  tls: null,
  trusted: new TrustedProxies([]),
  proxyProtocol: false,
  identifyMs: 10_000,
  limits: new ConnectionBudget({ connections: 1000, connectionsPerIp: 0 }),
  plugins: [hls],
  live: null,
  logger: silentLogger,
};
const listener = new HttpListener(options);
await listener.start();
process.send?.(listener.address()?.port);
process.once('disconnect', () => process.exit());

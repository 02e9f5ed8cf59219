import { once } from 'node:events';
import type { Server } from 'node:net';
import type { Address } from '../config/config.js';
import { messageOf } from '../errors.js';
import { LineLimit } from '../logging/line-limit.js';
import type { Logger } from '../logging/logger.js';
import { listenError } from './listen-error.js';

/** Connections that may wait to be accepted: a storm of them must not be refused by the kernel. */
export const BACKLOG = 4096;

/** Resolves when the server takes connections. @throws ERR_LISTEN, which names the config's `key` */
export async function openPort(
  server: Server,
  key: string,
  address: Address,
  logger: Logger,
): Promise<void> {
  server.listen({ ...address, backlog: BACKLOG });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(key, address, error);
  }
  logAcceptErrors(server, key, logger);
}

/** A line now and then for connections that the system does not give us; the port stays open. */
export function logAcceptErrors(server: Server, key: string, logger: Logger): void {
  const lines = new LineLimit();
  server.on('error', (error) => {
    const withheld = lines.take(key, performance.now());
    if (withheld === null) return;
    const reason = messageOf(error);
    logger.error({ reason, withheld }, `${key}: a client was not let in: see ulimit -n`);
  });
}

/** Takes no connections any more; resolves when those that are open have closed. */
export async function closePort(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}

import { once } from 'node:events';
import type { Server } from 'node:net';
import type { Address } from '../config/config.js';
import { messageOf } from '../errors.js';
import { LineLimit } from '../logging/line-limit.js';
import type { Logger } from '../logging/logger.js';
import { listenAt } from '../system/open-ports.js';
import { listenError } from './listen-error.js';

/** Connections that may wait to be accepted: in a storm the kernel must not refuse them. */
export const BACKLOG = 4096;

/** Resolves when the server accepts connections. @throws ERR_LISTEN, naming the config's `key` */
export async function openPort(
  server: Server,
  key: string,
  address: Address,
  logger: Logger,
): Promise<void> {
  listenAt(server, key, { ...address, backlog: BACKLOG });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(key, address, error);
  }
  logAcceptErrors(server, key, logger);
}

/** Logs, at a limited rate, connections that the system fails to give us; the port stays open. */
export function logAcceptErrors(server: Server, key: string, logger: Logger): void {
  const lines = new LineLimit();
  server.on('error', (error) => {
    const withheld = lines.take(key, performance.now());
    if (withheld === null) return;
    const reason = messageOf(error);
    logger.error({ reason, withheld }, `${key}: a client was not let in: see ulimit -n`);
  });
}

/** Stops accepting; resolves when open connections have closed. */
export async function closePort(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}

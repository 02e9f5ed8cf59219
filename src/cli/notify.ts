import { execa } from 'execa';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';

const TIMEOUT_MS = 5000;

/**
 * Tells systemd how the service is doing (sd_notify: `READY=1`, `STOPPING=1`, `STATUS=…`), where it
 * asked to be told. Node has no datagram sockets of the Unix kind, so systemd's own program does it.
 */
export async function notifySystemd(
  env: NodeJS.ProcessEnv,
  logger: Logger,
  ...assignments: readonly string[]
): Promise<void> {
  const { NOTIFY_SOCKET, PATH } = env;
  if (!NOTIFY_SOCKET) return;
  const own = { NOTIFY_SOCKET, ...(PATH === undefined ? {} : { PATH }) };
  const options = { env: own, extendEnv: false, timeout: TIMEOUT_MS };
  await execa('systemd-notify', assignments, options).catch((error: unknown) => {
    logger.warn({ err: messageOf(error) }, 'systemd was not told');
  });
}

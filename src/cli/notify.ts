import type { Logger } from '../logging/logger.js';
import { runProgram } from '../system/run-program.js';

/**
 * Tells systemd the state of the service (sd_notify: `READY=1`, `STOPPING=1`, `STATUS=…`) if
 * $NOTIFY_SOCKET is set. Uses `systemd-notify`, because Node has no Unix datagram sockets.
 */
export async function notifySystemd(
  env: NodeJS.ProcessEnv,
  logger: Logger,
  ...assignments: readonly string[]
): Promise<void> {
  const { NOTIFY_SOCKET, PATH } = env;
  if (!NOTIFY_SOCKET) return;
  const own = { NOTIFY_SOCKET, ...(PATH === undefined ? {} : { PATH }) };
  const { exitCode, output, failure } = await runProgram(['systemd-notify', ...assignments], {
    env: own,
  });
  if (exitCode === 0) return;
  const reason = output.trim() || failure || `exit code ${exitCode}`;
  logger.warn({ reason }, 'systemd was not told');
}

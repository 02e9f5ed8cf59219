import { logConnection } from '../logging/event-lines.js';
import { loggable } from '../logging/loggable.js';
import type { Logger } from '../logging/logger.js';
import type { Connection } from './connections.js';
import type { ConnectionRow } from './listener.js';

/** Message of the line about a client that was served and has left. */
const ENDED = 'connection ended';

/**
 * Logs the end of a served client: its stream and child, its bytes, how long it was there, and why
 * it ended.
 */
export function logEnd(logger: Logger, connection: Connection): void {
  if (connection.stream === null) return;
  logConnection(logger, ENDED, () => ({ ...shownRow(connection.row()), ...whyOf(connection) }));
}

function shownRow({ id, client, alias, stream, role, child, ...counts }: ConnectionRow) {
  const { bytesIn, bytesOut, since } = counts;
  const seconds = Math.round((Date.now() - since) / 100) / 10;
  const shown = stream === null ? null : loggable(stream);
  return { id, client, alias, stream: shown, role, child, bytesIn, bytesOut, seconds };
}

/** The relay's word for the end, and the reason if we have ended the client. */
function whyOf({ relayEnd, reason }: Connection) {
  return { end: relayEnd ?? 'ended', ...(reason === null ? {} : { reason: reason.message }) };
}

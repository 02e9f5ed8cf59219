import { logConnection } from '../logging/event-lines.js';
import { loggable } from '../logging/loggable.js';
import type { Logger } from '../logging/logger.js';
import { record } from '../logging/tell.js';
import type { StreamKey } from '../stream-key.js';
import type { Connection } from './connection.js';
import type { ConnectionRow } from './listener.js';

/** Message of the line about a client that was served and has left. */
const ENDED = 'connection ended';

/**
 * Tells of the end of a served client: its stream and child, its bytes, how long it was there, and
 * why it ended. That of a publisher is an event as well.
 */
export function logEnd(logger: Logger, connection: Connection): void {
  if (connection.stream === null) return;
  if (connection.role === 'publish') recordPublisher(logger, connection, connection.stream);
  logConnection(logger, ENDED, () => ({ ...shownRow(connection.row()), ...whyOf(connection) }));
}

function recordPublisher(logger: Logger, connection: Connection, stream: StreamKey): void {
  const { id, client, child, bytesIn, since } = connection.row();
  const seconds = secondsSince(since);
  const about = { stream, child, client, id, bytesIn, seconds, ...whyOf(connection) };
  record(logger, { type: 'publisher-left', ...about });
}

function secondsSince(since: number): number {
  return Math.round((Date.now() - since) / 100) / 10;
}

function shownRow({ id, client, alias, stream, role, child, ...counts }: ConnectionRow) {
  const { bytesIn, bytesOut, since } = counts;
  const seconds = secondsSince(since);
  const shown = stream === null ? null : loggable(stream);
  return { id, client, alias, stream: shown, role, child, bytesIn, bytesOut, seconds };
}

/** The relay's word for the end, and the reason if we have ended the client. */
function whyOf({ relayEnd, reason }: Connection) {
  return { end: relayEnd ?? 'ended', ...(reason === null ? {} : { reason: reason.message }) };
}

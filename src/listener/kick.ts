import type { Connection } from './connection.js';
import type { ConnectionRow } from './listener.js';
import { SessionError } from './session-error.js';

/** Ends the clients that fit, for that reason; returns what they were. */
export function kick(
  clients: Iterable<Pick<Connection, 'row' | 'end'>>,
  fits: (row: ConnectionRow) => boolean,
  reason: string,
): ConnectionRow[] {
  const kicked: ConnectionRow[] = [];
  for (const client of clients) {
    const row = client.row();
    if (!fits(row)) continue;
    kicked.push(row);
    client.end(new SessionError('left', reason));
  }
  return kicked;
}

import { hasIntegrity, parseStun } from '../../protocol/webrtc/stun.js';
import type { RtcSession } from './session.js';
import type { RtcSessions } from './sessions.js';

/**
 * The session that a client's ICE check is for: an existing one, by a client that knows its password.
 * Null for all else, which nobody answers: no stranger can make us send a byte.
 */
export function sessionOfCheck(sessions: RtcSessions, datagram: Buffer): RtcSession | null {
  const parsed = parseStun(datagram);
  if (parsed.kind !== 'value') return null;
  const { isBindingRequest, username } = parsed.value;
  const session = isBindingRequest && username !== null ? sessions.find(username) : null;
  if (session === null) return null;
  return hasIntegrity(datagram, parsed.value, session.password) ? session : null;
}

import { hasIntegrity, parseStun } from '../../protocol/webrtc/stun.js';
import type { UdpEndpoint } from '../../relay/udp.js';
import type { RtcSession } from './session.js';
import type { RtcSessions } from './sessions.js';

/**
 * The session that a client's ICE check is for: an existing one, by a client that knows its password,
 * or one of another box, which knows that password. Null for all else, which nobody answers: no
 * stranger can make us send a byte.
 */
export function sessionOfCheck(
  sessions: RtcSessions,
  datagram: Buffer,
  from: UdpEndpoint,
): RtcSession | null {
  const parsed = parseStun(datagram);
  if (parsed.kind !== 'value') return null;
  const { isBindingRequest, username } = parsed.value;
  if (!isBindingRequest || username === null) return null;
  const session = sessions.find(username) ?? sessions.passOn(username, from);
  if (session === null || session.password === null) return session;
  return hasIntegrity(datagram, parsed.value, session.password) ? session : null;
}

import { hasIntegrity, parseStun } from '../../protocol/webrtc/stun.js';
import type { UdpEndpoint } from '../../relay/udp.js';
import type { RtcSession } from './session.js';
import type { RtcSessions } from './sessions.js';

/**
 * Finds the session of an ICE check: one of ours, if the check has its password's integrity, or one
 * of another box, which verifies it. Null for anything else, which is not answered: no stranger can
 * make us send a byte.
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

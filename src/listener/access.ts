import type { AccessRules } from '../access/rules.js';
import type { Role, StreamKey } from '../stream-key.js';
import { SessionError } from './session-error.js';

/** Throws SessionError, kind `access`, for a client that the rules refuse. */
export function checkAccess(access: AccessRules, stream: StreamKey, role: Role, ip: string): void {
  if (access.allows(stream, role, ip)) return;
  throw new SessionError('access', `security: ${ip} may not ${role} this stream`);
}

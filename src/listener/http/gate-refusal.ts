import type { OutgoingHttpHeaders } from 'node:http';
import type { Failure } from '../listener.js';

/** HTTP status of a client that the gate refuses, whatever it wants. */
export const GATE_STATUS: Partial<Record<Failure, number>> = { access: 403, token: 401 };

/** A 401 tells which kind of credentials is wanted (RFC 9110 section 15.5.2). */
export function challenge(status: number): OutgoingHttpHeaders {
  return status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
}

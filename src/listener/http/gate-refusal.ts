import type { OutgoingHttpHeaders } from 'node:http';
import type { Failure } from '../failure.js';

/** HTTP status of a client that the gate refuses, whatever it wants. */
export const GATE_STATUS: Partial<Record<Failure, number>> = {
  access: 403,
  token: 401,
  viewersPerStream: 503,
  streams: 503,
  streamsPerIp: 503,
};

/**
 * Returns the headers of a refusal: a 401 tells which kind of credentials is wanted (RFC 9110
 * section 15.5.2), a 503 when to come again.
 */
export function challenge(status: number): OutgoingHttpHeaders {
  if (status === 401) return { 'WWW-Authenticate': 'Bearer' };
  return status === 503 ? { 'Retry-After': '1' } : {};
}

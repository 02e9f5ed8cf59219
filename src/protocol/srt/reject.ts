import { FIRST_REJECTION } from './handshake.js';

/**
 * Rejection reasons, as libsrt's callers print them: below 1000 those of the protocol
 * (draft-sharabayko-srt §3.2.1.1), from 1000 on those of a server (SRT access control guidelines).
 */
export const Reject = {
  /** Malformed handshake. */
  rogue: 4,
  version: 8,
  hostNotFound: 1003,
  badRequest: 1400,
  /** It has shown no token, or one that is not valid. */
  unauthorized: 1401,
  forbidden: 1403,
  overload: 1402,
  /** The stream has a publisher. */
  conflict: 1409,
  internal: 1500,
  /** The child did not answer correctly. */
  gateway: 1502,
  /** No child can serve it now. */
  down: 1503,
} as const;

export type RejectReason = (typeof Reject)[keyof typeof Reject];

/** Returns the handshake type for a reason. */
export function rejectType(reason: RejectReason): number {
  return FIRST_REJECTION + reason;
}

import { FIRST_REJECTION } from './handshake.js';

/**
 * Why a connection is refused, as libsrt's callers print it: reasons of the protocol below 1000
 * (draft-sharabayko-srt §3.2.1.1), those of a server from 1000 on (SRT's access control rules).
 */
export const Reject = {
  /** The handshake makes no sense. */
  rogue: 4,
  version: 8,
  hostNotFound: 1003,
  badRequest: 1400,
  overload: 1402,
  /** The server behind this one did not answer as it should. */
  gateway: 1502,
  /** Nobody is there now who could serve it. */
  down: 1503,
} as const;

export type RejectReason = (typeof Reject)[keyof typeof Reject];

/** The handshake type that says so. */
export function rejectType(reason: RejectReason): number {
  return FIRST_REJECTION + reason;
}

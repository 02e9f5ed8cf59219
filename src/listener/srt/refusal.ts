import { Reject, type RejectReason, rejectType } from '../../protocol/srt/reject.js';
import type { Failure } from '../failure.js';
import { failureOf, SessionError } from '../session-error.js';

/** Refuses a caller with a specific handshake type. */
export class SrtRefusal extends SessionError {
  /** From 1000 on: one of ours, or the child's. */
  readonly type: number;

  constructor(failure: Failure, type: number, message: string) {
    super(failure, message);
    this.type = type;
  }

  static of(reason: RejectReason, message: string): SrtRefusal {
    return new SrtRefusal('invalid', rejectType(reason), message);
  }
}

const REASONS: Partial<Record<Failure, RejectReason>> = {
  access: Reject.forbidden,
  token: Reject.unauthorized,
  viewersPerStream: Reject.overload,
  streams: Reject.overload,
  streamsPerIp: Reject.overload,
  busy: Reject.conflict,
  child: Reject.gateway,
  internal: Reject.internal,
};

/** Returns the handshake type for a caller that could not be served. */
export function refusalType(error: unknown): number {
  if (error instanceof SrtRefusal) return error.type;
  return rejectType(REASONS[failureOf(error)] ?? Reject.down);
}

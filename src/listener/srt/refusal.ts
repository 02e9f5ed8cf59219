import { Reject, type RejectReason, rejectType } from '../../protocol/srt/reject.js';
import type { Failure } from '../listener.js';
import { failureOf, SessionError } from '../session-error.js';

/** A caller is refused with a handshake type of its own. */
export class SrtRefusal extends SessionError {
  /** From 1000 on: ours, or the child's handed on. */
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
  child: Reject.gateway,
  internal: Reject.internal,
};

/** The handshake type for a caller that could not be served. */
export function refusalType(error: unknown): number {
  if (error instanceof SrtRefusal) return error.type;
  return rejectType(REASONS[failureOf(error)] ?? Reject.down);
}

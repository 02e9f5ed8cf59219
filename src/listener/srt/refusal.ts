import { Reject, type RejectReason, rejectType } from '../../protocol/srt/reject.js';
import type { Failure } from '../listener.js';
import { SessionError } from '../session-error.js';

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

/** What a caller is told that could not be served. */
export function refusalType(error: unknown): number {
  if (error instanceof SrtRefusal) return error.type;
  const isChild = error instanceof SessionError && error.failure === 'child';
  return rejectType(isChild ? Reject.gateway : Reject.down);
}

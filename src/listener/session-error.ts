import type { Failure } from './front.js';

/** Why a client was not served, or no longer. */
export class SessionError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

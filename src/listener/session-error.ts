import type { Failure } from './front.js';

/** Why a client was not served, or no longer. */
export class SessionError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** What an error counts as: one that nobody foresaw is a client's leaving in a bad moment. */
export function failureOf(error: unknown): Failure {
  return error instanceof SessionError ? error.failure : 'left';
}

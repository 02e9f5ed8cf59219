import { isMainThread } from 'node:worker_threads';
import { codeOf } from '../errors.js';
import type { Failure } from './listener.js';

/** Why a client was not served, or no longer. */
export class SessionError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/**
 * What an error counts as: one that nobody foresaw is a client's leaving in a bad moment. One that is a
 * mistake of ours has closed its client, as any; it is raised besides.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof SessionError) return error.failure;
  if (isMistake(error) && isMainThread) raise(error);
  return 'left';
}

/** Whether our own code was wrong, and not a peer or the system. */
export function isMistake(error: unknown): error is Error {
  const kinds = [TypeError, ReferenceError, RangeError];
  return kinds.some((kind) => error instanceof kind) && codeOf(error) === '';
}

/** Hands a mistake to the one place where errors are counted that nobody caught. */
export function raise(error: Error, stack = error.stack ?? ''): void {
  void Promise.reject(Object.assign(error, { stack }));
}

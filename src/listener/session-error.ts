import { codeOf } from '../errors.js';
import type { Failure } from './failure.js';

/** Reason that a client was not served, or is served no longer. */
export class SessionError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** The other side closed a connection too early, or broke its protocol. */
export class PeerError extends Error {}

/** Codes of broken connections: the system's (`ECONNRESET`), and Node's for streams and TLS. */
const BROKEN = /^(E[A-Z0-9]+|ERR_(STREAM|SOCKET|SSL|TLS)_\w+|HPE_\w+|ABORT_ERR)$/;
const ABORTED = new Set(['AbortError', 'TimeoutError']);
const REGISTRY = new Set(['ERR_REGISTRY', 'ERR_REGISTRY_AWAY']);

/** Returns the kind of an error. An error that nobody foresaw is `internal`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SessionError) return error.failure;
  const code = codeOf(error);
  if (REGISTRY.has(code)) return 'registry';
  if (code === 'ERR_NO_CHILD') return 'no-child';
  return error instanceof PeerError || BROKEN.test(code) || isAbort(error) ? 'left' : 'internal';
}

/** Returns whether the supervisor or its registry failed, and neither the client nor a child. */
export function isOwnFailure(failure: Failure): boolean {
  return failure === 'registry' || failure === 'internal';
}

/** Returns the text for the client; details of our own failures go to the log only. */
export function reasonForClient(error: unknown): string {
  const failure = failureOf(error);
  if (failure === 'registry') return 'the registry of streams does not answer now';
  if (failure === 'internal') return 'internal error of the server';
  return (error as Error).message;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && ABORTED.has(error.name);
}

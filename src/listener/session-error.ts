import { codeOf } from '../errors.js';
import type { Failure } from './listener.js';

/** The reason that a client was not served, or is served no longer. */
export class SessionError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** The other side of a connection closed it too early, or said what its protocol does not allow. */
export class PeerError extends Error {}

/** Codes of connections that broke: the system's (`ECONNRESET`), and Node's for streams and TLS. */
const BROKEN = /^(E[A-Z0-9]+|ERR_(STREAM|SOCKET|SSL|TLS)_\w+|HPE_\w+|ABORT_ERR)$/;
const ABORTED = new Set(['AbortError', 'TimeoutError']);
const REGISTRY = new Set(['ERR_REGISTRY', 'ERR_REGISTRY_AWAY']);

/** The kind that an error is counted as. An error that nobody foresaw is `internal`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SessionError) return error.failure;
  const code = codeOf(error);
  if (REGISTRY.has(code)) return 'registry';
  if (code === 'ERR_NO_CHILD') return 'no-child';
  return error instanceof PeerError || BROKEN.test(code) || isAbort(error) ? 'left' : 'internal';
}

/** Whether the supervisor or its registry failed, and neither the client nor a child. */
export function isOwnFailure(failure: Failure): boolean {
  return failure === 'registry' || failure === 'internal';
}

/** The text that a client may read; details of a failure of ours go to the log alone. */
export function reasonForClient(error: unknown): string {
  const failure = failureOf(error);
  if (failure === 'registry') return 'the registry of streams does not answer now';
  if (failure === 'internal') return 'internal error of the server';
  return (error as Error).message;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && ABORTED.has(error.name);
}

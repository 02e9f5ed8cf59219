import { messageOf } from '../errors.js';
import { ErrorKinds } from '../logging/error-kinds.js';
import type { Logger } from '../logging/logger.js';
import { logRefusal, type RefusalFields, recordRefusal, shownFields } from '../logging/refusals.js';
import { type Failure, isLimit } from './failure.js';
import { failureOf } from './session-error.js';

/** Kinds of errors that this thread has logged. */
const kinds = new ErrorKinds();

const HINTS: Partial<Record<Failure, string>> = {
  registry: 'see that the registry answers',
  internal: 'please report it',
};

/**
 * Logs a client that was not served, and returns the failure's kind. A failure of our own is logged
 * as an error with its stack, once a minute per kind of error; all others as refusals.
 */
export function logFailure(
  logger: Logger,
  message: string,
  about: RefusalFields,
  error: unknown,
): Failure {
  const failure = failureOf(error);
  const limit = isLimit(failure) ? { limit: `limits.${failure}` } : {};
  const fields = { ...about, failure, ...limit, err: messageOf(error) };
  const hint = HINTS[failure];
  if (hint === undefined) {
    logRefusal(logger, message, fields);
    return failure;
  }
  const line = kinds.take(error, performance.now());
  if (line !== null) recordRefusal(logger, message, fields, line.repeated ?? 0);
  const text = `${message}: ${hint}`;
  if (line === null) logger.debug(shownFields(fields), text);
  else logger.error({ ...shownFields(fields), ...line }, text);
  return failure;
}

import { messageOf } from '../errors.js';
import { ErrorKinds } from '../logging/error-kinds.js';
import type { Logger } from '../logging/logger.js';
import { logRefusal, type RefusalFields, shownFields } from '../logging/refusals.js';
import type { Failure } from './listener.js';
import { failureOf } from './session-error.js';

/** The lines of this thread. */
const kinds = new ErrorKinds();

const HINTS: Partial<Record<Failure, string>> = {
  registry: 'see that the registry answers',
  internal: 'please report it',
};

/**
 * Writes the line for a client that was not served, and returns its kind. A failure of our own is an
 * error with its stack, once a minute for each kind of error; everything else is a refusal.
 */
export function logFailure(
  logger: Logger,
  message: string,
  about: RefusalFields,
  error: unknown,
): Failure {
  const failure = failureOf(error);
  const fields = { ...about, failure, err: messageOf(error) };
  const hint = HINTS[failure];
  if (hint === undefined) {
    logRefusal(logger, message, fields);
    return failure;
  }
  const line = kinds.take(error, performance.now());
  const text = `${message}: ${hint}`;
  if (line === null) logger.debug(shownFields(fields), text);
  else logger.error({ ...shownFields(fields), ...line }, text);
  return failure;
}

import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { isSameLife, type OwnerRef } from '../owner.js';
import type { Connection } from './connection.js';
import type { Fault, Route } from './route.js';
import { failureOf, isOwnFailure, SessionError } from './session-error.js';
import { inTurn, type SetupTurns } from './setup-turns.js';

/** Delays before further attempts if a child refuses: it may have just died, or be restarting. */
const RETRY_MS = [20, 100, 300];

/** The steps of a client to its child. */
export interface Attempt {
  /** Finds the stream's present owner; null: there is none. */
  readonly route: () => Promise<Route | null>;
  /** Dials that child and starts the relay. */
  readonly join: (route: Route) => Promise<void>;
  /** The turns of the client's address; default: it does not wait for one. */
  readonly turns?: SetupTurns | undefined;
}

/** A child that accepted the connection and closed it. */
interface ChildRefusal {
  readonly by: OwnerRef;
  readonly error: SessionError;
}

/**
 * Waits for the client's turn, tries the stream's owner, and its next owner if that one has died.
 * A child that accepted the connection, closed it and lives on has refused the client, and is not
 * asked again. Resolves with the route, which the caller releases. Rejects with SessionError, and
 * with errors of the registry and unforeseen ones unchanged.
 */
export function reachChild(
  connection: Connection,
  attempt: Attempt,
  logger: Logger,
): Promise<Route> {
  return inTurn(attempt.turns, connection, () => tryChildren(connection, attempt, logger));
}

async function tryChildren(
  connection: Connection,
  { route, join }: Attempt,
  logger: Logger,
): Promise<Route> {
  let refusal: ChildRefusal | null = null;
  for (let attempt = 0; ; attempt += 1) {
    const next = await nextRoute(route, refusal);
    try {
      await join(next);
      return next;
    } catch (error) {
      next.release(faultOf(error));
      if (isOwnFailure(failureOf(error))) throw error;
      const wait = RETRY_MS[attempt];
      if (wait === undefined || connection.signal.aborted) throw asFailure(error, next);
      refusal = refusalIn(error, next);
      logger.debug({ child: next.owner.id, err: messageOf(error) }, 'child refused');
      await delay(wait);
    }
  }
}

async function nextRoute(route: Attempt['route'], refusal: ChildRefusal | null): Promise<Route> {
  const next = await route();
  if (next === null) throw new SessionError('no-child', 'no SRS child can take it now');
  if (refusal === null || !isSameLife(refusal.by, next.owner)) return next;
  next.release();
  throw refusal.error;
}

function faultOf(error: unknown): Fault | undefined {
  const code = codeOf(error);
  if (code === 'ERR_NO_CHILD') return 'gone';
  if (failureOf(error) === 'internal') return undefined;
  return code === '' ? undefined : 'refused';
}

/**
 * Returns null for errors with a code (of the system or a box): the child never had the connection.
 */
function refusalIn(error: unknown, route: Route): ChildRefusal | null {
  return codeOf(error) === '' ? { by: route.owner, error: asFailure(error, route) } : null;
}

function asFailure(error: unknown, { owner }: Route): SessionError {
  if (error instanceof SessionError) return error;
  return new SessionError('child', `child ${owner.id}: ${messageOf(error)}`, { cause: error });
}

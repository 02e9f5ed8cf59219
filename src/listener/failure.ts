import { STREAM_LIMITS } from '../access/decide.js';

/** The limits on clients that were let in, by their keys in the configuration's `limits`. */
const LIMITS = [
  ...STREAM_LIMITS,
  'publishBitrate',
  'heldPlayers',
  'heldPlayersPerIp',
  'apiRequestsPerIp',
  'offersPerIp',
] as const;
/** A limit on requests per second. */
export type RequestLimit = Extract<Failure, 'apiRequestsPerIp' | 'offersPerIp'>;

/**
 * Kinds of reasons for which a client is not served. `access`: the rules refuse its address.
 * `token`: its access token is missing or not valid. A limit's name: that limit is reached. `busy`:
 * another publisher has the stream. `hook`: the user's hook refused a player that would have
 * waited. `full`: it got no turn in time, or there is no descriptor for it.
 * `shed`: the client was pending and made room for others. `registry`: the registry does not
 * answer, or refuses. `internal`: an unforeseen error.
 */
export const FAILURES = [
  'silent',
  'invalid',
  'left',
  'no-child',
  'child',
  'access',
  'token',
  ...LIMITS,
  'busy',
  'hook',
  'full',
  'shed',
  'registry',
  'internal',
] as const;
export type Failure = (typeof FAILURES)[number];

const NAMES: ReadonlySet<Failure> = new Set(LIMITS);

/** Tells whether a client was refused, or closed, by a limit of the configuration. */
export function isLimit(failure: Failure): boolean {
  return NAMES.has(failure);
}

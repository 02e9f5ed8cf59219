import { type Json, parseJson, textOf } from '../api/json.js';
import { AnswerError, exchange, OF_ORIGINS } from '../child-access/exchange.js';
import { messageOf } from '../errors.js';
import type { Registration } from './registration.js';

/** Address of an origin's HTTP API. */
export interface ApiAddress {
  readonly host: string;
  readonly port: number;
  readonly authorization: string | null;
}

/** Identity of one SRS process. */
export type OriginLife = Pick<Registration, 'server' | 'service' | 'pid'>;

const VERSIONS = '/api/v1/versions';

export interface OriginAnswers {
  readonly answers: readonly Json[];
  /** Characters of all answers together. */
  readonly bytes: number;
}

/**
 * Gets the answers to several paths within bounds (default: those of an origin). Rejects as
 * `exchange` does.
 */
export async function askOrigin(
  address: ApiAddress,
  paths: readonly string[],
  bounds = OF_ORIGINS,
): Promise<OriginAnswers> {
  const questions = paths.map((path) => ({ method: 'GET' as const, path }));
  const texts = await exchange({ ...address, purpose: 'api', bounds }, questions);
  const bytes = texts.reduce((sum, text) => sum + text.length, 0);
  return { answers: texts.map(read), bytes };
}

/** Asks which process answers there. Rejects as `exchange` does. */
export async function lifeAt(address: ApiAddress): Promise<OriginLife> {
  const [answer = {}] = (await askOrigin(address, [VERSIONS])).answers;
  return lifeOf(answer);
}

/** Reads the process from an answer; SRS states it in each. */
export function lifeOf(answer: Json): OriginLife {
  const [server, service] = [textOf(answer, 'server'), textOf(answer, 'service')];
  return { server, service, pid: Number(textOf(answer, 'pid')) };
}

export function isSameProcess(one: OriginLife, other: OriginLife): boolean {
  return one.service === other.service && one.pid === other.pid && one.server === other.server;
}

function read(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    throw new AnswerError('its answer is no JSON object');
  }
}

/** Returns why an origin's API failed, and the remedy if the user has one. */
export function apiFault(error: unknown, hasShown: boolean): string {
  if (!(error instanceof AnswerError)) return `no answer: ${messageOf(error)}`;
  const { status, message } = error;
  const reason = `its HTTP API does not serve us: ${message}`;
  if (status !== 401 && status !== 403) return reason;
  return hasShown
    ? `${reason}: it refuses the credentials of origins.auth, or of its line in origins.fixed`
    : `${reason}: it asks for credentials, set origins.auth, or auth= in its line of origins.fixed`;
}

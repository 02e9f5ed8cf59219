import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { formatAddress, nearAddress } from '../config/address.js';
import type { Address } from '../config/config.js';
import { codeOf, messageOf, SupervisorError } from '../errors.js';
import { readBody } from '../system/read-body.js';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Requests a running supervisor's admin port; returns the JSON. @throws ERR_ADMIN */
export async function adminGet<T>(
  address: Address,
  path: string,
  token: string | null = null,
): Promise<T> {
  const where = formatAddress(address);
  const { status, body } = await get(address, path, token).catch((error: unknown) => {
    throw adminError(reasonOf(where, error), error);
  });
  const answer = parse(body);
  if (answer === undefined) throw adminError(`what answers at ${where} is no supervisor`);
  if (status !== 200) throw adminError(`${where}: ${errorIn(answer) ?? `HTTP status ${status}`}`);
  return answer as T;
}

async function get(
  address: Address,
  path: string,
  token: string | null,
): Promise<{ status: number; body: string }> {
  const asked = request({
    ...nearAddress(address),
    path,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    agent: false,
  });
  asked.end();
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response === undefined) throw new Error('no answer');
  const body = await readBody(response, MAX_ANSWER_BYTES);
  return { status: response.statusCode ?? 0, body: body.toString() };
}

function reasonOf(where: string, error: unknown): string {
  if (codeOf(error) === 'ECONNREFUSED') {
    return `no supervisor answers at ${where}; is it running? (srs-supervisor run), or name it with --admin`;
  }
  if (codeOf(error) === 'ABORT_ERR') return `the supervisor at ${where} gave no answer in time`;
  return `cannot ask the supervisor at ${where}: ${messageOf(error)}`;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function errorIn(answer: unknown): string | undefined {
  const error = (answer as { error?: unknown } | null)?.error;
  return typeof error === 'string' ? error : undefined;
}

function adminError(message: string, cause?: unknown): SupervisorError {
  return new SupervisorError('ERR_ADMIN', message, { cause });
}

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { formatAddress, nearAddress } from '../config/address.js';
import type { Address } from '../config/config.js';
import { codeOf, type ErrorCode, messageOf, SupervisorError } from '../errors.js';
import { readBody } from '../system/read-body.js';

const TIMEOUT_MS = 10_000;
/** Milliseconds for an answer that waits for a proof: of a program, or of SRS's config. */
export const PROOF_MS = 120_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** How to reach the admin port of a supervisor. */
export interface AdminPort {
  readonly address: Address;
  readonly token: string | null;
}

export interface AdminQuestion {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Most milliseconds for the answer; default: ten seconds. */
  readonly limitMs?: number;
  /** Sent as JSON. */
  readonly body?: object;
}

/**
 * Requests a running supervisor's admin port; returns the JSON. Throws ERR_USAGE for an order that
 * it does not know or accept, ERR_BUSY if another job is at work, ERR_ADMIN for all else.
 */
export async function adminAsk<T>(port: AdminPort, question: AdminQuestion): Promise<T> {
  const where = formatAddress(port.address);
  const { status, body } = await ask(port, question).catch((error: unknown) => {
    throw adminError(reasonOf(where, error), error);
  });
  const answer = parse(body);
  if (answer === undefined) throw adminError(`what answers at ${where} is no supervisor`);
  if (status >= 200 && status < 300) return answer as T;
  const said = errorIn(answer) ?? `HTTP status ${status}`;
  const code = question.method === 'GET' ? undefined : ORDER_ERRORS[status];
  throw code === undefined ? adminError(`${where}: ${said}`) : new SupervisorError(code, said);
}

/** Codes for refused orders by HTTP status. */
const ORDER_ERRORS: Readonly<Record<number, ErrorCode>> = {
  400: 'ERR_USAGE',
  404: 'ERR_USAGE',
  409: 'ERR_BUSY',
  422: 'ERR_CONFIG',
};

/**
 * Opens a path of a running supervisor's admin port whose answer does not end; returns it. @throws
 * ERR_ADMIN
 */
export async function adminOpen(
  port: AdminPort,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const where = formatAddress(port.address);
  const question = { method: 'GET', path } as const;
  const response = await send(port, question, headers, signal).catch((error: unknown) => {
    throw adminError(reasonOf(where, error), error);
  });
  const { statusCode = 0 } = response;
  if (statusCode === 200) return response;
  const answer = parse((await readBody(response, MAX_ANSWER_BYTES)).toString());
  throw adminError(`${where}: ${errorIn(answer) ?? `HTTP status ${statusCode}`}`);
}

async function ask(
  port: AdminPort,
  question: AdminQuestion,
): Promise<{ status: number; body: string }> {
  const response = await send(
    port,
    question,
    {},
    AbortSignal.timeout(question.limitMs ?? TIMEOUT_MS),
  );
  const answer = await readBody(response, MAX_ANSWER_BYTES);
  return { status: response.statusCode ?? 0, body: answer.toString() };
}

/** Sends a request; resolves with the answer's head. */
async function send(
  { address, token }: AdminPort,
  { method, path, body }: AdminQuestion,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const asked = request({
    ...nearAddress(address),
    method,
    path,
    headers: {
      ...headers,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      'content-length': Buffer.byteLength(text ?? ''),
    },
    signal,
    agent: false,
  });
  asked.end(text);
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response === undefined) throw new Error('no answer');
  return response;
}

function reasonOf(where: string, error: unknown): string {
  if (codeOf(error) === 'ECONNREFUSED') {
    return `no supervisor answers at ${where}: start one (srs-supervisor run), or name its port with --admin`;
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

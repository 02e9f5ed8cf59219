import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { formatAddress } from '../config/address.js';
import type { Address } from '../config/config.js';
import { codeOf, messageOf, SupervisorError } from '../errors.js';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Asks a running supervisor's admin port; answers its JSON. @throws ERR_ADMIN */
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
  { host, port }: Address,
  path: string,
  token: string | null,
): Promise<{ status: number; body: string }> {
  const asked = request({
    host: reachable(host),
    port,
    path,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    agent: false,
  });
  asked.end();
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response === undefined) throw new Error('no answer');
  return { status: response.statusCode ?? 0, body: await text(response) };
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

// A wildcard is an address to listen at, not one to ask.
function reachable(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
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

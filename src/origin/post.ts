import http, { type OutgoingHttpHeaders } from 'node:http';
import { SIGNATURE } from './identity.js';

const TIMEOUT_MS = 30_000;
const MAX_ANSWER = 64 * 1024;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Posts JSON and returns the response with at most 64 KB of its body. Each call has its own
 * connection. Rejects if there is no response within 30 s.
 */
export function postJson(url: string, body: unknown): Promise<Answer> {
  const text = JSON.stringify(body);
  const type = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
  return call(url, { method: 'POST', headers: type }, text);
}

/** Sends a GET, like `postJson` without a body. */
export function getUrl(url: string): Promise<Answer> {
  return call(url, { method: 'GET', headers: {} }, '');
}

async function call(
  url: string,
  { method, headers }: { method: string; headers: OutgoingHttpHeaders },
  text: string,
): Promise<Answer> {
  const target = new URL(url);
  // Loaded on demand: few configs have an https hook, and TLS slows every start.
  const { request } = target.protocol === 'https:' ? await import('node:https') : http;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const options = {
    method,
    headers: { ...headers, 'User-Agent': SIGNATURE },
    agent: false,
    signal,
  };
  return new Promise<Answer>((resolve, reject) => {
    const asked = request(target, options, (response) => {
      resolve(readAnswer(response));
    });
    asked.on('error', reject);
    asked.end(text);
  });
}

async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  let body = '';
  for await (const piece of response.setEncoding('utf8')) {
    if (body.length < MAX_ANSWER) body += piece;
  }
  return { status: response.statusCode ?? 0, body };
}

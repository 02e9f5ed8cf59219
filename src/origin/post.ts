import http from 'node:http';
import { SIGNATURE } from './identity.js';

const TIMEOUT_MS = 30_000;
const MAX_ANSWER = 64 * 1024;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Posts JSON and reads the answer, of which only the first 64 KB count. Each call has a connection
 * of its own. Rejects where there is no answer within 30 s.
 */
export async function postJson(url: string, body: unknown): Promise<Answer> {
  const target = new URL(url);
  // Few configs have an https hook, and loading TLS slows every start.
  const { request } = target.protocol === 'https:' ? await import('node:https') : http;
  const text = JSON.stringify(body);
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'User-Agent': SIGNATURE,
  };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    const call = request(target, { method: 'POST', headers, agent: false, signal }, (response) => {
      resolve(readAnswer(response));
    });
    call.on('error', reject);
    call.end(text);
  });
}

async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  let body = '';
  for await (const piece of response.setEncoding('utf8')) {
    if (body.length < MAX_ANSWER) body += piece;
  }
  return { status: response.statusCode ?? 0, body };
}

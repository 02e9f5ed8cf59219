import http from 'node:http';
import https from 'node:https';
import { codeOf } from '../errors.js';
import type { HookAnswer } from './verdict.js';

/** Concurrent calls to one URL; others wait, at most for a call's time limit. */
const CONCURRENCY = 64;
/** Most calls waiting for one URL. */
const QUEUE = 1024;
/** Most bytes read of an answer; a verdict is short. */
const MAX_ANSWER = 64 * 1024;
/** Errors of a kept connection that the server closes while we write. */
const STALE = new Set(['ECONNRESET', 'EPIPE']);

export interface LaneRequest {
  readonly method: 'GET' | 'POST';
  /** Default: the path of the lane's URL. */
  readonly path?: string;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: string;
  readonly signal: AbortSignal;
}

/**
 * Calls to one URL: kept connections, and a bound on calls, so that a hung server delays only the
 * clients that wait for it.
 */
export class Lane {
  readonly #url: URL;
  readonly #agent: http.Agent;
  #calls = 0;

  constructor(url: string) {
    this.#url = new URL(url);
    const options = { keepAlive: true, maxSockets: CONCURRENCY };
    this.#agent = this.#isTls ? new https.Agent(options) : new http.Agent(options);
  }

  /** True if no more calls can wait. */
  get isFull(): boolean {
    return this.#calls >= CONCURRENCY + QUEUE;
  }

  /** Resolves with the answer of any status; rejects if there is none. */
  async call(request: LaneRequest): Promise<HookAnswer> {
    this.#calls++;
    try {
      return await this.#try(request, this.#agent);
    } finally {
      this.#calls--;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  get #isTls(): boolean {
    return this.#url.protocol === 'https:';
  }

  async #try(request: LaneRequest, agent: http.Agent | false): Promise<HookAnswer> {
    const { method, path = this.#url.pathname + this.#url.search, headers, signal } = request;
    const { request: open } = this.#isTls ? https : http;
    const call = open(this.#url, { method, path, headers, signal, agent });
    try {
      return await new Promise((resolve, reject) => {
        call.on('response', (response) => readAnswer(response).then(resolve, reject));
        call.on('error', reject);
        call.end(request.body);
      });
    } catch (error) {
      if (!call.reusedSocket || !STALE.has(codeOf(error))) throw error;
      return this.#try(request, false);
    }
  }
}

async function readAnswer(response: http.IncomingMessage): Promise<HookAnswer> {
  let body = '';
  for await (const piece of response.setEncoding('utf8')) {
    body += piece;
    if (body.length > MAX_ANSWER) break;
  }
  return { status: response.statusCode ?? 0, body };
}

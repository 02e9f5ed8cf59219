import http from 'node:http';
import https from 'node:https';
import { codeOf } from '../errors.js';
import type { HookAnswer } from './verdict.js';

/** Calls under way to one URL at a time; the others wait, until the time of a call is over. */
const CONCURRENCY = 64;
/** Calls that may wait for one URL. */
const QUEUE = 1024;
/** More of an answer is not read: a verdict is short. */
const MAX_ANSWER = 64 * 1024;
/** What a server sends that closes a kept connection while we write to it. */
const STALE = new Set(['ECONNRESET', 'EPIPE']);

export interface LaneRequest {
  readonly method: 'GET' | 'POST';
  /** Default: the lane's own URL. */
  readonly path?: string;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: string;
  readonly signal: AbortSignal;
}

/**
 * The way to one URL: kept connections, and bounds on how many calls it takes, so that a server that
 * hangs holds up nobody but those who wait for it.
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

  /** Whether no more calls can wait here. */
  get isFull(): boolean {
    return this.#calls >= CONCURRENCY + QUEUE;
  }

  /** Resolves with the answer, whatever it says; rejects where there is none. */
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

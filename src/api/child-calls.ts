import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { ApiChild } from './types.js';

export interface Call {
  readonly child: ApiChild;
  /** With the query. */
  readonly path: string;
  readonly method?: 'GET' | 'DELETE';
}

/** Milliseconds that a child may take to answer. */
const TIME_LIMIT_MS = 2_000;
const MAX_ANSWER = 64 * 1024 * 1024;
/** Connections of ours to one child's API at one time: it must never come to refuse one. */
const PER_CHILD = 4;
/** Calls that wait for one of those. */
const MAX_WAITING = 64;

interface Line {
  open: number;
  readonly waiting: (() => void)[];
}

/**
 * Asks children's HTTP APIs, of each a few things at one time. Every call has a connection of its
 * own: SRS announces that it closes after an answer, and a client that stays nevertheless would count
 * as one of its connections all the time.
 */
export class ChildCalls {
  readonly #authorization: string | null;
  readonly #lines = new Map<string, Line>();
  /** Calls made so far. */
  made = 0;

  constructor(authorization: string | null) {
    this.#authorization = authorization;
  }

  /** The text of the answer. Rejects when there is none in time, or not with status 200. */
  async ask(call: Call): Promise<string> {
    const { id } = call.child;
    const line = this.#lines.get(id) ?? { open: 0, waiting: [] };
    this.#lines.set(id, line);
    await enter(line);
    try {
      this.made += 1;
      return await this.#send(call);
    } finally {
      line.open -= 1;
      line.waiting.shift()?.();
      if (line.open === 0) this.#lines.delete(id);
    }
  }

  async #send({ child, path, method = 'GET' }: Call): Promise<string> {
    const authorization = this.#authorization;
    const sent = request({
      host: '127.0.0.1',
      port: child.port,
      path,
      method,
      agent: false,
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      headers: authorization === null ? {} : { authorization },
    });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    sent.on('error', () => {});
    if (response.statusCode !== 200) {
      sent.destroy();
      throw new Error(`${child.id} answered ${response.statusCode}`);
    }
    return readAll(response);
  }
}

/** Resolves when it is this call's turn, whose place in `open` is taken then. */
async function enter(line: Line): Promise<void> {
  if (line.waiting.length >= MAX_WAITING) throw new Error('too many calls wait for this child');
  if (line.open >= PER_CHILD) await new Promise<void>((resolve) => line.waiting.push(resolve));
  line.open += 1;
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

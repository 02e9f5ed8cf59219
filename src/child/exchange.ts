import { connect } from 'node:net';
import { formatAddress } from '../config/address.js';
import { parseAnswerHead } from '../protocol/http/answer.js';

export interface Question {
  readonly method: 'GET' | 'DELETE';
  /** With the query. */
  readonly path: string;
}

export interface Target {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** `Authorization`, or null. */
  readonly authorization: string | null;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Milliseconds that it may be silent; 0: only the signal ends it. Default: 2 s. */
  readonly silenceMs?: number;
}

const LOOPBACK = '127.0.0.1';
const SILENCE_MS = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Sends all questions in one flight on one connection, and answers the bodies in their order. SRS
 * reads on behind its `Connection: Close`, so seven questions cost one connection and a tenth of what
 * seven requests of node:http do. Rejects for silence, on abort, and where a status is not 200.
 */
export function exchange(target: Target, questions: readonly Question[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const answers = new Answers(questions.length);
    const { host = LOOPBACK, port, signal, silenceMs = SILENCE_MS } = target;
    const socket = connect({ host, port, noDelay: true, signal });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(silenceMs, () => fail(new Error('silent for too long')));
    socket.on('error', fail).on('close', () => fail(new Error('closed too early')));
    socket.on('data', (chunk: Buffer) => {
      try {
        if (!answers.push(chunk)) return;
        resolve(answers.bodies);
        socket.destroy();
      } catch (error) {
        fail(error as Error);
      }
    });
    socket.write(questions.map((question) => toText(question, target)).join(''));
  });
}

function toText(
  { method, path }: Question,
  { host = LOOPBACK, port, authorization }: Target,
): string {
  const proof = authorization === null ? '' : `Authorization: ${authorization}\r\n`;
  const name = formatAddress({ host, port });
  return `${method} ${path} HTTP/1.1\r\nHost: ${name}\r\n${proof}\r\n`;
}

/** So many answers out of chunks, which are joined once for each of them. */
class Answers {
  readonly bodies: string[] = [];
  readonly #count: number;
  #chunks: Buffer[] = [];
  #length = 0;
  /** No answer can be whole with fewer bytes. */
  #needed = 0;
  #total = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** True when all are there. Throws for what is none of SRS's answers. */
  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#total += chunk.length;
    if (this.#total > MAX_BYTES) throw new Error('the answer is too long');
    while (this.#length >= this.#needed && this.bodies.length < this.#count && this.#next());
    return this.bodies.length === this.#count;
  }

  /** Takes one answer off the front; false where it is not whole. */
  #next(): boolean {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    if (bytes === undefined) return false;
    const head = parseAnswerHead(bytes);
    if (head.kind === 'invalid') throw new Error(head.reason);
    const { status, length } = head.kind === 'value' ? head.value : { status: 200, length: 0 };
    if (status !== 200) throw new Error(`status ${status}`);
    const end = head.kind === 'value' ? head.consumed + length : bytes.length + 1;
    const isWhole = bytes.length >= end;
    if (isWhole) this.bodies.push(bytes.toString('utf8', end - length, end));
    this.#keep(isWhole ? bytes.subarray(end) : bytes);
    this.#needed = isWhole ? 0 : end;
    return isWhole;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
  }
}

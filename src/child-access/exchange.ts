import { connect } from 'node:net';
import { formatAddress } from '../config/address.js';
import { parseAnswerHead } from '../protocol/http/answer.js';
import { type JsonBounds, jsonFault } from '../protocol/json-shape.js';
import { type ChildPort, takePlace } from './places.js';
import type { Purpose } from './reserve.js';

export interface Question {
  readonly method: 'GET' | 'DELETE';
  /** With the query. */
  readonly path: string;
}

export interface ExchangeTarget extends Omit<ChildPort, 'child'> {
  /** Purpose of the connection, whose place it takes. */
  readonly purpose: Purpose;
  readonly authorization: string | null;
  /** Ends the exchange early. */
  readonly signal?: AbortSignal;
  /** Most milliseconds of silence; 0: only the signal ends the exchange. Default: 2 s. */
  readonly silenceMs?: number;
  /** Default: those of our own children. */
  readonly bounds?: Bounds;
}

/** Bounds of all answers of one exchange together. */
export interface Bounds {
  /** With their heads. */
  readonly bytes: number;
  /** Milliseconds from the dial to the last byte, however steadily they come. */
  readonly totalMs: number;
  /** Null: the JSON is not examined. */
  readonly json: JsonBounds | null;
}

/** For our own children. The list of ten thousand clients has some MB. */
export const OF_CHILDREN: Bounds = { bytes: 64 * 1024 * 1024, totalMs: 60_000, json: null };

/** For origins, which may be anybody. SRS's lists of 3000 streams and as many clients fit. */
export const OF_ORIGINS: Bounds = {
  bytes: 4 * 1024 * 1024,
  totalMs: 4_000,
  json: { depth: 16, bytesEach: 24 },
};

const LOOPBACK = '127.0.0.1';
const SILENCE_MS = 2_000;

/** An answer came and is of no use; another request would not help. */
export class AnswerError extends Error {
  /** The HTTP status, if that is what is wrong; else null. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

/**
 * Sends all questions in one flight on one connection, and resolves with the bodies in their order.
 * SRS reads on after its `Connection: Close`, so seven questions cost one connection and a tenth of
 * the CPU of seven requests of node:http. Rejects for silence, on abort, as `takePlace` does, and
 * with AnswerError if a status is not 200 or a bound is passed.
 */
export async function exchange(
  target: ExchangeTarget,
  questions: readonly Question[],
): Promise<string[]> {
  const leave = await takePlace(target.purpose, target, target.signal);
  return new Promise((resolve, reject) => {
    const { host = LOOPBACK, port, signal } = target;
    const { bounds = OF_CHILDREN, silenceMs = SILENCE_MS } = target;
    const answers = new Answers(questions.length, bounds);
    const socket = connect({ host, port, noDelay: true, signal });
    const fail = (error: Error) => {
      clearTimeout(limit);
      socket.destroy();
      reject(error);
    };
    const late = new Error(`not done within ${bounds.totalMs / 1000} s`);
    const limit = setTimeout(() => fail(late), bounds.totalMs).unref();
    socket.setTimeout(silenceMs, () => fail(new Error('silent for too long')));
    socket.on('error', fail).on('close', () => {
      leave();
      fail(new Error('closed too early'));
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        if (!answers.push(chunk)) return;
        clearTimeout(limit);
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
  { host = LOOPBACK, port, authorization }: ExchangeTarget,
): string {
  const proof = authorization === null ? '' : `Authorization: ${authorization}\r\n`;
  const name = formatAddress({ host, port });
  return `${method} ${path} HTTP/1.1\r\nHost: ${name}\r\n${proof}\r\n`;
}

/** Splits chunks into a number of answers; chunks are joined once for each answer. */
class Answers {
  readonly bodies: string[] = [];
  readonly #count: number;
  readonly #bounds: Bounds;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Fewer bytes than this contain no whole answer. */
  #needed = 0;
  #total = 0;

  constructor(count: number, bounds: Bounds) {
    this.#count = count;
    this.#bounds = bounds;
  }

  /** Returns whether all answers are complete. @throws AnswerError if SRS sends no such answer */
  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#total += chunk.length;
    this.#bound(this.#total);
    while (this.#length >= this.#needed && this.bodies.length < this.#count && this.#next());
    return this.bodies.length === this.#count;
  }

  /** Takes the first answer; false if it is incomplete. */
  #next(): boolean {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    if (bytes === undefined) return false;
    const head = parseAnswerHead(bytes);
    if (head.kind === 'invalid') throw new AnswerError(head.reason);
    const { status, length } = head.kind === 'value' ? head.value : { status: 200, length: 0 };
    if (status !== 200) throw new AnswerError(`status ${status}`, status);
    const end = head.kind === 'value' ? head.consumed + length : bytes.length + 1;
    this.#bound(end);
    const isWhole = bytes.length >= end;
    if (isWhole) this.#take(bytes.toString('utf8', end - length, end));
    this.#keep(isWhole ? bytes.subarray(end) : bytes);
    this.#needed = isWhole ? 0 : end;
    return isWhole;
  }

  #bound(length: number): void {
    const { bytes: most } = this.#bounds;
    if (length > most) throw new AnswerError(`its answer has more than ${most} bytes`);
  }

  #take(body: string): void {
    const { json } = this.#bounds;
    const fault = json === null ? null : jsonFault(body, json);
    if (fault !== null) throw new AnswerError(fault);
    this.bodies.push(body);
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
  }
}

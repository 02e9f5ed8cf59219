import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { type Asked, pageOf } from './asked.js';
import { type Json, parseJson } from './json.js';
import { mergerOf } from './merge/boxes.js';
import type { ApiAnswer } from './reply.js';
import type { ApiIdentity } from './types.js';

/** Access to the other boxes. */
export interface Neighbours {
  /** Id of this box. */
  readonly own: string;
  /** Asks all other boxes; returns answers by box id, null for one that did not answer in time. */
  ask(question: string): Promise<ReadonlyMap<string, string | null>>;
}

export interface EverywhereParts {
  readonly neighbours: Neighbours;
  readonly identity: ApiIdentity;
  /** Answers a question for this box alone. */
  readonly here: (question: string) => Promise<Json>;
  readonly logger: Logger;
}

/** Answers by box; null for a box that did not answer. */
type Answers = ReadonlyMap<string, Json | null>;

/** `?scope=cluster`: asks all boxes the same question, and merges their answers. */
export class Everywhere {
  readonly #parts: EverywhereParts;
  /** Pending queries by question: concurrent callers share one. */
  readonly #asking = new Map<string, Promise<Answers>>();

  constructor(parts: EverywhereParts) {
    this.#parts = parts;
  }

  /**
   * Answers for all boxes; null if the path is answered by each box alone. `pattern`: the matched
   * path.
   */
  async answer(asked: Asked, pattern: string): Promise<ApiAnswer | null> {
    const merge = mergerOf(pattern, asked.method);
    if (merge === null) return null;
    const { identity } = this.#parts;
    const page = pageOf(asked);
    // Fetched from row 0, because the page's place in one box depends on the boxes before it.
    const query = `start=0&count=${page.start + page.count}`;
    const all = await this.#ask(`${asked.method} ${asked.path}?${query}`);
    const answers = [...all].flatMap(([box, body]) =>
      body === null ? [] : [[box, body] as const],
    );
    const boxes = answers.map(([box]) => box);
    const said = { boxes, missing: [...all.keys()].filter((box) => !boxes.includes(box)) };
    const good = answers.filter(([, { code }]) => code === 0);
    if (good.length === 0) return { kind: 'bare', body: { ...answers[0]?.[1], ...said } };
    const merged = merge(new Map(good), { identity, page, now: Date.now() });
    return { kind: 'data', data: { ...merged, ...said } };
  }

  #ask(question: string): Promise<Answers> {
    const under = this.#asking.get(question);
    if (under !== undefined) return under;
    const asking = this.#askAll(question).finally(() => this.#asking.delete(question));
    this.#asking.set(question, asking);
    return asking;
  }

  async #askAll(question: string): Promise<Answers> {
    const { neighbours, here } = this.#parts;
    const [own, others] = await Promise.all([here(question), neighbours.ask(question)]);
    const read = Array.from(others, ([box, text]) => [box, this.#read(box, text)] as const);
    return new Map([[neighbours.own, own], ...read]);
  }

  #read(box: string, text: string | null): Json | null {
    if (text === null) return null;
    try {
      return parseJson(text);
    } catch (error) {
      this.#parts.logger.warn(
        { box, reason: messageOf(error) },
        'api: the answer of another box is not JSON',
      );
      return null;
    }
  }
}

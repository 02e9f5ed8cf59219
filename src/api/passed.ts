import type { ChildCalls } from './child-calls.js';
import { type Json, parseJson } from './json.js';
import type { Poller } from './poller.js';
import type { ApiSource } from './types.js';

interface Kept {
  readonly answer: Promise<Json>;
  readonly until: number;
}

/** SRS itself looks at the machine no more often. */
const KEEP_MS = 3_000;
/** Children that are asked until one answers. */
const TRIES = 3;

/**
 * Answers that are the same from every child: one of them is asked, at most once in three seconds.
 * There is one entry for each path that a caller of ours names, none for what a client sends.
 */
export class Passed {
  readonly #kept = new Map<string, Kept>();
  readonly #source: ApiSource;
  readonly #poller: Poller;
  readonly #calls: ChildCalls;

  constructor(source: ApiSource, poller: Poller, calls: ChildCalls) {
    this.#source = source;
    this.#poller = poller;
    this.#calls = calls;
  }

  /** A child's answer without what tells who it is. Rejects when none answers. */
  get(path: string): Promise<Json> {
    const now = performance.now();
    const kept = this.#kept.get(path);
    if (kept !== undefined && kept.until > now) return kept.answer;
    const answer = this.#ask(path);
    this.#kept.set(path, { answer, until: now + KEEP_MS });
    answer.catch(() => this.#kept.delete(path));
    return answer;
  }

  async #ask(path: string): Promise<Json> {
    let reason: unknown = new Error('no child is ready');
    // Those that have just answered come first: a child that hangs would cost its whole time limit.
    const answering = this.#poller.snapshots();
    const ready = this.#source.children().filter((child) => child.ready);
    ready.sort((a, b) => Number(answering.has(b.id)) - Number(answering.has(a.id)));
    for (const child of ready.slice(0, TRIES)) {
      try {
        const { server, service, pid, ...rest } = parseJson(await this.#calls.ask(child, path));
        return rest;
      } catch (error) {
        reason = error;
      }
    }
    throw reason;
  }
}

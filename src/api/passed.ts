import type { ChildCalls } from './child-calls.js';
import { type Json, parseJson } from './json.js';
import type { Poller } from './poller.js';
import type { ApiSource } from './types.js';

interface Kept {
  readonly answer: Promise<Json>;
  readonly until: number;
}

/** Milliseconds for which an answer is cached; SRS itself samples the machine no more often. */
const KEEP_MS = 3_000;
/** Most children tried until one answers. */
const TRIES = 3;

/**
 * Answers that are equal on all children: one child is asked, at most every three seconds. There is
 * one entry per path named in our code, and none for paths of clients.
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

  /** Returns a child's answer without the fields that identify it. Rejects if none answers. */
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
    // Children that answered lately come first: a hung child costs the whole time limit.
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

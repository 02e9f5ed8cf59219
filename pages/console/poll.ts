import type { ConsoleAnswer } from '../../src/console/answer.js';
import { askConsole, Refusal } from './api.js';

const EVERY_MS = 1000;
/** Milliseconds without an answer after which a question is given up. */
const LIMIT_MS = 10_000;

export interface PollOptions {
  /** Returns the question for what is visible now. */
  readonly query: () => URLSearchParams;
  readonly onAnswer: (answer: ConsoleAnswer) => void;
  /** Null: the supervisor answers again. */
  readonly onSilence: (words: string | null) => void;
  /** A token is needed, or another one. */
  readonly onRefused: () => void;
}

/** Asks the supervisor once a second while the page is visible, one question at a time. */
export class Poll {
  readonly #options: PollOptions;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asking: AbortController | null = null;
  #isStopped = false;

  constructor(options: PollOptions) {
    this.#options = options;
    document.addEventListener('visibilitychange', () => this.now());
  }

  /** Asks at once; the answer to an older question does not count any more. */
  now(): void {
    this.#isStopped = false;
    this.#asking?.abort();
    this.#asking = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!document.hidden) void this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    this.#asking?.abort();
  }

  async #ask(): Promise<void> {
    const { query, onAnswer, onSilence, onRefused } = this.#options;
    const asking = new AbortController();
    this.#asking = asking;
    const began = performance.now();
    try {
      const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(LIMIT_MS)]);
      const answer = await askConsole(query(), signal);
      if (asking.signal.aborted) return;
      onSilence(null);
      onAnswer(answer);
    } catch (error) {
      if (asking.signal.aborted) return;
      if (error instanceof Refusal && error.status === 401) {
        this.stop();
        onRefused();
      } else onSilence(error instanceof Refusal ? error.message : 'the supervisor does not answer');
    }
    this.#next(performance.now() - began);
  }

  #next(tookMs: number): void {
    if (this.#isStopped || document.hidden) return;
    this.#timer = setTimeout(() => void this.#ask(), Math.max(100, EVERY_MS - tookMs));
  }
}

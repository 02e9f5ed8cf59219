import type { KeptStanding } from './kept.js';
import { move } from './state.js';
import { type ChildHealth, type ChildState, type ChildStatus, isServing } from './types.js';

/** An ejection: the child serves and gets no new streams. Times in milliseconds since 1970. */
export interface Ejection {
  readonly since: number;
  readonly why: string;
}

type Told = Pick<
  ChildStatus,
  | 'state'
  | 'since'
  | 'why'
  | 'answering'
  | 'health'
  | 'ejected'
  | 'readySince'
  | 'lastError'
  | 'lastErrorAt'
>;

const HEALTH_TEXT: Readonly<Record<ChildHealth, string | null>> = {
  ok: null,
  silent: 'its API does not answer',
  busy: 'its API does not answer, the process is at work',
};

/** The state of a child with its times and reasons. */
export class Standing {
  readonly #now: () => number;
  #state: ChildState = 'starting';
  #since: number;
  #why: string | null = null;
  #health: ChildHealth = 'ok';
  #healthSince: number;
  #readySince: number | null = null;
  #lastError: string | null = null;
  #lastErrorAt: number | null = null;

  /** `now`: returns milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#since = now();
    this.#healthSince = now();
  }

  get state(): ChildState {
    return this.#state;
  }

  /** Returns what outlives the program; null in a state that does not. */
  give(): KeptStanding | null {
    const [state, since, why] = [this.#state, this.#since, this.#why];
    if (state === 'stopping') return null;
    const [lastError, lastErrorAt] = [this.#lastError, this.#lastErrorAt];
    return { state, since, why, readySince: this.#readySince, lastError, lastErrorAt };
  }

  /** Goes on with what the program before this one gave. */
  adopt({ state, since, why, readySince, lastError, lastErrorAt }: KeptStanding): void {
    this.#state = state;
    this.#since = since;
    this.#why = why;
    this.#readySince = readySince;
    this.#lastError = lastError;
    this.#lastErrorAt = lastErrorAt;
  }

  /** Moves to another state, for that reason. Throws for a move that is not permitted. */
  to(state: ChildState, why: string | null = null): void {
    const wasServing = isServing(this.#state);
    this.#state = move(this.#state, state);
    this.#since = this.#now();
    this.#why = why;
    if (!isServing(state)) this.#readySince = null;
    else if (!wasServing) this.#readySince = this.#since;
  }

  /** Changes the reason of the present state. */
  explain(why: string): void {
    this.#why = why;
  }

  /** Notes the end of a process, which later lives do not delete. */
  failed(reason: string): void {
    this.#lastError = reason;
    this.#lastErrorAt = this.#now();
  }

  set health(health: ChildHealth) {
    if (health === this.#health) return;
    // From silent to busy it is one silence.
    if (health === 'ok' || this.#health === 'ok') this.#healthSince = this.#now();
    this.#health = health;
  }

  told(ejection: Ejection | null): Told {
    const { since, why } = this.#shown(ejection);
    return {
      state: this.#state,
      since,
      why,
      answering: this.#health === 'ok',
      health: this.#health,
      ejected: ejection !== null,
      readySince: this.#readySince,
      lastError: this.#lastError,
      lastErrorAt: this.#lastErrorAt,
    };
  }

  #shown(ejection: Ejection | null): Pick<Told, 'since' | 'why'> {
    if (this.#state !== 'ready') return { since: this.#since, why: this.#why };
    const silent = HEALTH_TEXT[this.#health];
    if (silent !== null) return { since: this.#healthSince, why: silent };
    return ejection ?? { since: this.#since, why: this.#why };
  }
}

import { messageOf, SupervisorError } from '../errors.js';

/** One line of `check`. The supervisor starts with warnings, but not with a failure. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'note' | 'warn' | 'fail';
  readonly text: string;
}

/**
 * Result of one check: its value for later checks, a line for people (null: the warnings say it
 * all), and warnings.
 */
export interface Outcome<T> {
  readonly value: T;
  readonly text: string | null;
  readonly warnings?: readonly string[];
  /** Details that `check` alone prints. */
  readonly notes?: readonly string[];
  /** Warning of a start in place of the notes. */
  readonly summary?: string | null;
}

/** Checks whose warnings a start logs itself, with the ports that it then has. */
const SAID_LATER = new Set(['firewall']);

/** Runs checks one after another and keeps their results; a failure does not stop later checks. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #summaries: string[] = [];
  #error: SupervisorError | null = null;

  /** First failure; null: none. */
  get error(): SupervisorError | null {
    return this.#error;
  }

  /** Warnings that a start logs. */
  get warnings(): string[] {
    const warnings = this.list.flatMap(({ check, status, text }) =>
      status === 'warn' && !SAID_LATER.has(check) ? text : [],
    );
    return [...warnings, ...this.#summaries];
  }

  /**
   * Returns the check's value; undefined if it failed. Rethrows errors other than SupervisorError.
   */
  async attempt<T>(
    check: string,
    run: () => Promise<Outcome<T>> | Outcome<T>,
  ): Promise<T | undefined> {
    try {
      const { value, text, warnings = [], notes = [], summary = null } = await run();
      if (text !== null) this.list.push({ check, status: 'ok', text });
      for (const warning of warnings) this.list.push({ check, status: 'warn', text: warning });
      for (const note of notes) this.list.push({ check, status: 'note', text: note });
      if (summary !== null) this.#summaries.push(summary);
      return value;
    } catch (error) {
      if (!(error instanceof SupervisorError)) throw error;
      this.#error ??= error;
      this.list.push({ check, status: 'fail', text: messageOf(error) });
      return undefined;
    }
  }
}

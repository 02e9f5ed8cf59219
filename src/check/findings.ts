import { messageOf, SupervisorError } from '../errors.js';

/** One line of `check`. The supervisor starts with warnings, but not with a failure. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
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
}

/** Checks whose warnings a start logs itself, with the ports that it then has. */
const SAID_LATER = new Set(['firewall']);

/** Runs checks one after another and keeps their results; a failure does not stop later checks. */
export class Findings {
  readonly list: Finding[] = [];
  #error: SupervisorError | null = null;

  /** First failure; null: none. */
  get error(): SupervisorError | null {
    return this.#error;
  }

  /** Warnings that a start logs. */
  get warnings(): string[] {
    return this.list.flatMap(({ check, status, text }) =>
      status === 'warn' && !SAID_LATER.has(check) ? text : [],
    );
  }

  /**
   * Returns the check's value; undefined if it failed. Rethrows errors other than SupervisorError.
   */
  async attempt<T>(
    check: string,
    run: () => Promise<Outcome<T>> | Outcome<T>,
  ): Promise<T | undefined> {
    try {
      const { value, text, warnings = [] } = await run();
      if (text !== null) this.list.push({ check, status: 'ok', text });
      for (const warning of warnings) this.list.push({ check, status: 'warn', text: warning });
      return value;
    } catch (error) {
      if (!(error instanceof SupervisorError)) throw error;
      this.#error ??= error;
      this.list.push({ check, status: 'fail', text: messageOf(error) });
      return undefined;
    }
  }
}

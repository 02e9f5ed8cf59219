import { messageOf, SupervisorError } from '../errors.js';

/** One line of `check`. A warning is no hindrance; a failure keeps the supervisor from starting. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly text: string;
}

/** What one check came to: its value for those that follow, a line for people, and warnings. */
export interface Outcome<T> {
  readonly value: T;
  readonly text: string;
  readonly warnings?: readonly string[];
}

/** A start says these itself, with the ports that it has got by then. */
const SAID_LATER = new Set(['firewall']);

/** Runs checks one after the other and remembers what each found; none stops the others. */
export class Findings {
  readonly list: Finding[] = [];
  #error: SupervisorError | null = null;

  /** The first failure, or null. */
  get error(): SupervisorError | null {
    return this.#error;
  }

  /** For a start to log. */
  get warnings(): string[] {
    return this.list.flatMap(({ check, status, text }) =>
      status === 'warn' && !SAID_LATER.has(check) ? text : [],
    );
  }

  /** The check's value, or undefined when it failed. Rethrows what is no user's error. */
  async attempt<T>(
    check: string,
    run: () => Promise<Outcome<T>> | Outcome<T>,
  ): Promise<T | undefined> {
    try {
      const { value, text, warnings = [] } = await run();
      this.list.push({ check, status: 'ok', text });
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

import { exchange, type Question } from '../child/exchange.js';
import type { ApiChild } from './types.js';

/** Most connections to one child's API: the child must never have to refuse one. */
const PER_CHILD = 4;
/** Most calls waiting for a connection. */
const MAX_WAITING = 64;

interface Line {
  open: number;
  readonly waiting: (() => void)[];
}

/** Calls children's HTTP APIs, with a limit per child. */
export class ChildCalls {
  readonly #lines = new Map<string, Line>();

  /** Returns the response's text. Rejects on timeout, or on a status other than 200. */
  async ask(child: ApiChild, path: string, method: Question['method'] = 'GET'): Promise<string> {
    const [text = ''] = await this.#exchange(child, [{ method, path }]);
    return text;
  }

  /** Returns all responses' texts in order. Rejects as `ask` does. */
  askAll(child: ApiChild, paths: readonly string[]): Promise<string[]> {
    return this.#exchange(
      child,
      paths.map((path) => ({ method: 'GET', path })),
    );
  }

  async #exchange(child: ApiChild, questions: readonly Question[]): Promise<string[]> {
    const { id, host, port, authorization, bounds } = child;
    const line = this.#lines.get(id) ?? { open: 0, waiting: [] };
    this.#lines.set(id, line);
    await enter(line);
    try {
      const target = { port, authorization, bounds };
      return await exchange(host === undefined ? target : { ...target, host }, questions);
    } finally {
      line.open -= 1;
      line.waiting.shift()?.();
      if (line.open === 0 && line.waiting.length === 0) this.#lines.delete(id);
    }
  }
}

/** Resolves when the call may start. */
async function enter(line: Line): Promise<void> {
  if (line.waiting.length >= MAX_WAITING) throw new Error('too many calls wait for this child');
  while (line.open >= PER_CHILD) await new Promise<void>((resolve) => line.waiting.push(resolve));
  line.open += 1;
}

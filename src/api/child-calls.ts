import { exchange, type Question } from '../child-access/exchange.js';
import type { ApiChild } from './types.js';

/** Calls children's HTTP APIs. */
export class ChildCalls {
  /** Returns the response's text. Rejects on timeout, or on a status other than 200. */
  async ask(child: ApiChild, path: string, method: Question['method'] = 'GET'): Promise<string> {
    const [text = ''] = await callChild(child, [{ method, path }]);
    return text;
  }

  /** Returns all responses' texts in order. Rejects as `ask` does. */
  askAll(child: ApiChild, paths: readonly string[]): Promise<string[]> {
    return callChild(
      child,
      paths.map((path) => ({ method: 'GET', path })),
    );
  }
}

function callChild(child: ApiChild, questions: readonly Question[]): Promise<string[]> {
  const { host, port, authorization, bounds } = child;
  const target = { purpose: 'api', port, authorization, bounds } as const;
  return exchange(host === undefined ? target : { ...target, host }, questions);
}

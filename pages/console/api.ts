import type { ConsoleAnswer } from '../../src/console/answer.js';
import type { ChildLog } from '../../src/console/child-log.js';
import type { Timeline } from '../../src/events/publication.js';

/** Name of the token in the storage of this tab, which ends with it. */
const TOKEN = 'srs-supervisor-token';

/** An answer other than the one that was asked for. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, words: string) {
    super(words);
    this.status = status;
  }
}

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

/** Sends a request with the token. @throws Refusal, TypeError without an answer */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers, cache: 'no-store' });
  if (response.ok) return response;
  const { error }: { error?: unknown } = await response.json().catch(() => ({}));
  const words = typeof error === 'string' ? error : `HTTP status ${response.status}`;
  throw new Refusal(response.status, words);
}

/** @throws Refusal, TypeError without an answer */
export function askConsole(query: URLSearchParams, signal: AbortSignal): Promise<ConsoleAnswer> {
  return askJson(`console?${query}`, { signal });
}

/** @throws Refusal, TypeError without an answer */
export function askLog(child: string): Promise<ChildLog> {
  return askJson(`children/${child}/log`);
}

/** @throws Refusal, TypeError without an answer */
export function askTimeline(stream: string): Promise<Timeline> {
  return askJson(`streams/${encodeURIComponent(stream)}/timeline`);
}

/** Gives an order to the supervisor. @throws Refusal, TypeError without an answer */
export async function order(path: string, body: object = {}): Promise<unknown> {
  const init = { method: 'POST', body: JSON.stringify(body) };
  return (await ask(`admin/v1/${path}`, init)).json();
}

/** Asks for JSON; the functions above are the only ones that say which path answers what. */
async function askJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await ask(`admin/v1/${path}`, init)).json();
}

import type { ConsoleAnswer } from '../../src/console/answer.js';

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
export async function askJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask(path, signal === undefined ? {} : { signal })).json();
}

/** @throws Refusal, TypeError without an answer */
export function askConsole(query: URLSearchParams, signal: AbortSignal): Promise<ConsoleAnswer> {
  return askJson(`admin/v1/console?${query}`, signal);
}

/** Gives an order to the supervisor. @throws Refusal, TypeError without an answer */
export async function order(path: string, body: object = {}): Promise<unknown> {
  const init = { method: 'POST', body: JSON.stringify(body) };
  return (await ask(`admin/v1/${path}`, init)).json();
}

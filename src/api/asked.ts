import type { FastifyRequest } from 'fastify';

/** A request as SRS's API reads it. */
export interface Asked {
  /** The one that counts: JSONP names it in the query. */
  readonly method: string;
  /** As sent, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** With `?`; '' where there is none. */
  readonly search: string;
  /** Name of a function that the answer is to be wrapped in; '' for plain JSON. */
  readonly callback: string;
  /** The Host header without its port. */
  readonly host: string;
}

const CALLBACK = /^[\w.-]*$/;

/** Null for what SRS hangs up on: `..` in the path, or a callback that is no name. */
export function readAsked({ raw, headers }: FastifyRequest): Asked | null {
  const url = raw.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const search = mark < 0 ? '' : url.slice(mark);
  const query = new URLSearchParams(search);
  const callback = query.get('callback') ?? '';
  if (url.includes('..') || !CALLBACK.test(callback)) return null;
  const named = callback === '' ? null : query.get('method');
  const method = named ?? raw.method ?? 'GET';
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  return { method, path, query, search, callback, host };
}

/** A whole number of the query, as C's atoi reads it; at least `least`. */
export function countOf(query: URLSearchParams, name: string, least: number): number {
  const number = Number.parseInt(query.get(name) ?? '', 10);
  return Math.max(least, Number.isNaN(number) ? 0 : number);
}

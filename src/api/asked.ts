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

/** A part of a list. */
export interface Page {
  readonly start: number;
  readonly count: number;
}

/** SRS gives so many rows at least. */
const LEAST_COUNT = 10;

/** Null for what SRS hangs up on: `..` in the path, or a callback that is no name. */
export function readAsked({ raw, headers }: FastifyRequest): Asked | null {
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  return askedBy(raw.method ?? 'GET', raw.url ?? '/', host);
}

/** What another box asks of this one: a method and a URL. Null for what is not answered. */
export function readQuestion(question: string): Asked | null {
  const [method = '', url = ''] = question.split(' ');
  return askedBy(method, url, '');
}

export function pageOf({ query }: Asked): Page {
  return { start: countOf(query, 'start', 0), count: countOf(query, 'count', LEAST_COUNT) };
}

function askedBy(sent: string, url: string, host: string): Asked | null {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const search = mark < 0 ? '' : url.slice(mark);
  const query = new URLSearchParams(search);
  const callback = query.get('callback') ?? '';
  if (url.includes('..') || !CALLBACK.test(callback)) return null;
  const named = callback === '' ? null : query.get('method');
  const method = named ?? sent;
  return { method, path, query, search, callback, host };
}

/** A whole number of the query, as C's atoi reads it; at least `least`. */
function countOf(query: URLSearchParams, name: string, least: number): number {
  const number = Number.parseInt(query.get(name) ?? '', 10);
  return Math.max(least, Number.isNaN(number) ? 0 : number);
}

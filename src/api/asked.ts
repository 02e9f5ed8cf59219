import type { FastifyRequest } from 'fastify';

/** A request as SRS's API interprets it. */
export interface Asked {
  /** The effective method: with JSONP the query's `method` overrides it. */
  readonly method: string;
  /** The path, undecoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The query with its `?`; '' if there is none. */
  readonly search: string;
  /** Name of the JSONP function; '' for plain JSON. */
  readonly callback: string;
  /** The Host header without its port. */
  readonly host: string;
}

const CALLBACK = /^[\w.-]*$/;

export interface Page {
  readonly start: number;
  readonly count: number;
}

/** Least rows per page in SRS. */
const LEAST_COUNT = 10;

/**
 * Parses a request. Null if SRS would close the connection: `..` in the path, or a callback that is
 * not a name.
 */
export function readAsked({ raw, headers }: FastifyRequest): Asked | null {
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  return askedBy(raw.method ?? 'GET', raw.url ?? '/', host);
}

/** Parses another box's question: a method and a URL. Null if it is not answered. */
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

/** Returns an integer of the query, as C's atoi reads it; at least `least`. */
function countOf(query: URLSearchParams, name: string, least: number): number {
  const number = Number.parseInt(query.get(name) ?? '', 10);
  return Math.max(least, Number.isNaN(number) ? 0 : number);
}

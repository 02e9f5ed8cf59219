import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { corsHeaders } from '../../protocol/http/cors.js';
import { SIGNATURE } from '../identity.js';

/** Returns SRS's headers; those of CORS only if the request has an `Origin`. */
export function commonHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  return { ...corsHeaders(request.headers.origin), Server: SIGNATURE };
}

/** Sends a short text; HEAD gets the headers only. */
export function replyText(
  exchange: Exchange,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const { request, response } = exchange;
  response.writeHead(status, {
    ...commonHeaders(request),
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

/** Parses the request; a malformed URL becomes the root. */
export function toExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const base = 'http://origin';
  const text = `/${(request.url ?? '').replace(/^\/+/, '')}`;
  const url = URL.canParse(text, base) ? new URL(text, base) : new URL(base);
  return { request, response, url };
}

/** Sends JSON, or JSONP if the query asks for it. */
export function replyJson(exchange: Exchange, body: unknown): void {
  const callback = exchange.url.searchParams.get('callback') ?? '';
  const json = JSON.stringify(body);
  if (/^[\w.$]+$/.test(callback)) {
    replyText(exchange, 200, `${callback}(${json})`, { 'Content-Type': 'text/javascript' });
  } else {
    replyText(exchange, 200, json, { 'Content-Type': 'application/json' });
  }
}

/** Answers a CORS preflight, which SRS does on every path. */
export function replyOptions({ request, response }: Exchange): void {
  response.writeHead(200, { ...commonHeaders(request), 'Content-Length': 0 });
  response.end();
}

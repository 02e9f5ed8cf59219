import http, { type RequestListener, STATUS_CODES } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { codeOf } from '../../errors.js';
import type { Certificate } from '../certificate.js';

/** Names, cookies and tokens need far less. */
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** What a request's body may take besides. */
const BODY_MS = 60_000;
/** A browser's next request; players poll a playlist every few seconds. */
const KEEP_ALIVE_MS = 30_000;
const CHECK_MS = 1000;

const OPTIONS = {
  maxHeaderSize: MAX_HEAD_BYTES,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_MS,
  insecureHTTPParser: false,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
  // So that a relayed client's half-close can be told to its child.
  allowHalfOpen: true,
};

/**
 * A strict server of node:http, that is not listening yet; TLS where there is a certificate. A head
 * that is not whole after `headMs` is refused, however steadily its bytes drip.
 */
export function createHttpServer(
  certificate: Certificate | null,
  headMs: number,
  listener: RequestListener,
): http.Server {
  const times = { headersTimeout: headMs, requestTimeout: headMs + BODY_MS };
  const options = { ...OPTIONS, ...times, handshakeTimeout: headMs };
  const serve: RequestListener = (request, response) => {
    // The parser lets HTTP/0.9 pass, whose answers have no head.
    if (request.httpVersionMajor < 1) refuseBytes(new Error('HTTP/0.9'), request.socket);
    else listener(request, response);
  };
  const server =
    certificate === null
      ? http.createServer(options, serve)
      : https.createServer({ ...options, ...certificate.options }, serve);
  server.maxHeadersCount = MAX_HEADERS;
  if (server instanceof https.Server) certificate?.keep(server);
  return server;
}

/** Node's code for a head or body that did not come in time. */
export const TOO_LATE = 'ERR_HTTP_REQUEST_TIMEOUT';

const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  [TOO_LATE]: 408,
};

/** Answers bytes that were no request, and closes: where the next one begins, nobody can know. */
export function refuseBytes(error: Error, socket: Socket): void {
  const code = codeOf(error);
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[code] ?? 400;
  const text = `${STATUS_CODES[status]}\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n`;
  const type = `Content-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n`;
  socket.end(head + type + text, () => socket.destroy());
}

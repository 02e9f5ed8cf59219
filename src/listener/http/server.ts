import http, { type RequestListener, STATUS_CODES } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { codeOf } from '../../errors.js';
import type { Certificate } from '../certificate.js';

/** Names, cookies and tokens need far less. */
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** A request that is not whole by then is refused, however slowly its bytes come. */
const HEAD_MS = 10_000;
const REQUEST_MS = 60_000;
/** A browser's next request; players poll a playlist every few seconds. */
const KEEP_ALIVE_MS = 30_000;
const CHECK_MS = 1000;

const OPTIONS = {
  maxHeaderSize: MAX_HEAD_BYTES,
  headersTimeout: HEAD_MS,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_MS,
  insecureHTTPParser: false,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
  // So that a relayed client's half-close can be told to its child.
  allowHalfOpen: true,
};

/** A strict server of node:http, that is not listening yet; TLS where there is a certificate. */
export function createHttpServer(
  certificate: Certificate | null,
  listener: RequestListener,
): http.Server {
  const server =
    certificate === null
      ? http.createServer(OPTIONS, listener)
      : https.createServer({ ...OPTIONS, ...certificate.options }, listener);
  server.maxHeadersCount = MAX_HEADERS;
  if (server instanceof https.Server) certificate?.keep(server);
  return server;
}

const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
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

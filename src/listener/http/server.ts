import http, { type IncomingMessage, type RequestListener, STATUS_CODES } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { codeOf } from '../../errors.js';
import type { Certificate } from '../certificate.js';
import { RequestTurns } from './request-turns.js';

/** Most bytes of a head; names, cookies and tokens need far less. */
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** Most milliseconds for a request's body after its head. */
const BODY_MS = 60_000;
/** Most milliseconds between requests; players request a playlist every few seconds. */
const KEEP_ALIVE_MS = 30_000;
/** Milliseconds after which an answer that the client does not read is reset. */
const SEND_MS = 30_000;
const CHECK_MS = 1000;

const OPTIONS = {
  maxHeaderSize: MAX_HEAD_BYTES,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_MS,
  insecureHTTPParser: false,
  // `flawOf` checks it, so that such a request takes its turn.
  requireHostHeader: false,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
  // A client that has ended its side may still wait for its answer.
  allowHalfOpen: true,
};

/** Time limits of clients. */
export interface HttpTimes {
  /** Most milliseconds for a complete head, even if its bytes keep coming. */
  readonly headMs: number;
  /** Default: `SEND_MS`. */
  readonly sendMs?: number;
}

/** Makes a strict node:http server that does not listen yet; with TLS if there is a certificate. */
export function createHttpServer(
  certificate: Certificate | null,
  { headMs, sendMs = SEND_MS }: HttpTimes,
  listener: RequestListener,
): http.Server {
  const options = { ...OPTIONS, ...headTimes(headMs), handshakeTimeout: headMs };
  const turns = new WeakMap<Socket, RequestTurns>();
  const serve: RequestListener = (request, response) => {
    turns.get(request.socket)?.begin(request, response);
    const flaw = flawOf(request);
    if (flaw === null) listener(request, response);
    else server.emit('clientError', flaw, request.socket);
  };
  const server =
    certificate === null
      ? http.createServer(options, serve)
      : https.createServer({ ...options, ...certificate.options }, serve);
  // node:http silently drops headers above its own limit: `flawOf` counts instead.
  server.maxHeadersCount = 0;
  server.timeout = sendMs;
  Object.assign(server, { httpAllowHalfOpen: true });
  if (server instanceof https.Server) certificate?.keep(server);
  server.on(certificate === null ? 'connection' : 'secureConnection', (socket: Socket) => {
    if (!socket.destroyed) turns.set(socket, new RequestTurns(socket));
  });
  // Without this listener node:http answers out of turn.
  server.on('checkExpectation', (request, response) => {
    turns.get(request.socket)?.begin(request, response);
    response.writeHead(417, { 'Content-Length': 0 }).end();
  });
  server.on('timeout', (socket) => turns.get(socket)?.timeout());
  return server;
}

/** Sets another limit for the heads of requests to come. That of TLS handshakes stays. */
export function setHeadLimit(server: http.Server, headMs: number): void {
  Object.assign(server, headTimes(headMs));
}

function headTimes(headMs: number): Pick<http.Server, 'headersTimeout' | 'requestTimeout'> {
  return { headersTimeout: headMs, requestTimeout: headMs + BODY_MS };
}

/** Node's code for a head or body that did not come in time. */
export const TOO_LATE = 'ERR_HTTP_REQUEST_TIMEOUT';
/** Node's code for a head with too many bytes. */
const TOO_LARGE = 'HPE_HEADER_OVERFLOW';

/** Returns the fault of a request that node:http accepts and we refuse. */
function flawOf({ httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): Error | null {
  // Answers to HTTP/0.9 have no head.
  if (httpVersionMajor < 1) return new Error('HTTP/0.9');
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return Object.assign(new Error('too many headers'), { code: TOO_LARGE });
  }
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  // RFC 9112, 3.2. A proxy before us may have used the other of two.
  const least = httpVersionMajor === 1 && httpVersionMinor === 0 ? 0 : 1;
  return hosts.length < least || hosts.length > 1 ? new Error(`${hosts.length} hosts`) : null;
}

const STATUS: Readonly<Record<string, number>> = {
  [TOO_LARGE]: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  [TOO_LATE]: 408,
};

/** Answers malformed bytes and closes: the beginning of the next request is unknown. */
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

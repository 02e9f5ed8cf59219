import http, { type IncomingMessage, type RequestListener, STATUS_CODES } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { codeOf } from '../../errors.js';
import type { Certificate } from '../certificate.js';
import { RequestTurns } from './request-turns.js';

/** Names, cookies and tokens need far less. */
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** What a request's body may take besides. */
const BODY_MS = 60_000;
/** A browser's next request; players poll a playlist every few seconds. */
const KEEP_ALIVE_MS = 30_000;
/** An answer of which the client takes nothing for so long is reset. */
const SEND_MS = 30_000;
const CHECK_MS = 1000;

const OPTIONS = {
  maxHeaderSize: MAX_HEAD_BYTES,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_MS,
  insecureHTTPParser: false,
  // `flawOf` asks for it, so that such a request has its turn as any other.
  requireHostHeader: false,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
  // A client that has said all it had to say may wait for its answer.
  allowHalfOpen: true,
};

/** How long a client may take. */
export interface HttpTimes {
  /** A head that is not whole by then is refused, however steadily its bytes drip; milliseconds. */
  readonly headMs: number;
  /** Default: `SEND_MS`. */
  readonly sendMs?: number;
}

/** A strict server of node:http, that is not listening yet; TLS where there is a certificate. */
export function createHttpServer(
  certificate: Certificate | null,
  { headMs, sendMs = SEND_MS }: HttpTimes,
  listener: RequestListener,
): http.Server {
  const times = { headersTimeout: headMs, requestTimeout: headMs + BODY_MS };
  const options = { ...OPTIONS, ...times, handshakeTimeout: headMs };
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
  // node:http drops what is above its own limit without a word: `flawOf` counts instead.
  server.maxHeadersCount = 0;
  server.timeout = sendMs;
  Object.assign(server, { httpAllowHalfOpen: true });
  if (server instanceof https.Server) certificate?.keep(server);
  server.on(certificate === null ? 'connection' : 'secureConnection', (socket: Socket) => {
    if (!socket.destroyed) turns.set(socket, new RequestTurns(socket));
  });
  // Without a listener node:http answers it itself, out of turn.
  server.on('checkExpectation', (request, response) => {
    turns.get(request.socket)?.begin(request, response);
    response.writeHead(417, { 'Content-Length': 0 }).end();
  });
  server.on('timeout', (socket) => turns.get(socket)?.timeout());
  return server;
}

/** Node's code for a head or body that did not come in time. */
export const TOO_LATE = 'ERR_HTTP_REQUEST_TIMEOUT';
/** Node's code for a head with too many bytes. */
const TOO_LARGE = 'HPE_HEADER_OVERFLOW';

/** What node:http lets pass, and we do not. */
function flawOf({ httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): Error | null {
  // Its answers have no head.
  if (httpVersionMajor < 1) return new Error('HTTP/0.9');
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return Object.assign(new Error('too many headers'), { code: TOO_LARGE });
  }
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  // RFC 9112, 3.2. Of two, what is before us may have gone by the other one.
  const least = httpVersionMajor === 1 && httpVersionMinor === 0 ? 0 : 1;
  return hosts.length < least || hosts.length > 1 ? new Error(`${hosts.length} hosts`) : null;
}

const STATUS: Readonly<Record<string, number>> = {
  [TOO_LARGE]: 431,
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

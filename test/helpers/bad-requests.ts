/** A malformed request to an HTTP port, and the response before the connection is closed. */
export interface BadRequest {
  readonly name: string;
  readonly text: string;
  /** Status of the last response. */
  readonly status: number;
  /** The requests that are served, in order; default: none. */
  readonly serves?: readonly string[];
}

const HOST = 'Host: box\r\n';
const GET = `GET /page HTTP/1.1\r\n${HOST}`;
const POST = `POST /page HTTP/1.1\r\n${HOST}`;
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const SMUGGLED = 'DELETE /other HTTP/1.1\r\nHost: box\r\n\r\n';
const CLOSE = 'Connection: close\r\n\r\n';

/** Requests that two programs could read differently, which would permit request smuggling. */
export const BAD_REQUESTS: readonly BadRequest[] = [
  { name: 'HTTP/0.9', text: 'GET /page\r\n\r\n', status: 400 },
  { name: 'HTTP/2 without TLS', text: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 400 },
  { name: 'HTTP/3.7', text: `GET /page HTTP/3.7\r\n${HOST}\r\n`, status: 400 },
  { name: 'RTMP', text: `\x03${'\0'.repeat(1536)}`, status: 400 },
  { name: 'two hosts', text: `${GET}Host: other\r\n\r\n`, status: 400 },
  { name: 'one host twice', text: `${GET}host: box\r\n\r\n`, status: 400 },
  {
    name: 'more headers than there may be, the client’s address behind them',
    text: `${GET}${'X-A: a\r\n'.repeat(100)}X-Forwarded-For: 192.0.2.1\r\n\r\n`,
    status: 431,
  },
  {
    name: 'as many headers as there may be',
    text: `${GET}${'X-A: a\r\n'.repeat(98)}${CLOSE}`,
    status: 200,
    serves: ['GET /page'],
  },
  { name: 'no host', text: 'GET /page HTTP/1.1\r\n\r\n', status: 400 },
  {
    name: 'two lengths that differ',
    text: `${POST}Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    status: 400,
  },
  {
    name: 'two lengths in one line',
    text: `${POST}Content-Length: 0, ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    status: 400,
  },
  {
    name: 'a length and chunks',
    text: `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    status: 400,
  },
  {
    name: 'chunks, hidden behind another coding',
    text: `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    status: 400,
  },
  {
    name: 'chunks, misspelt',
    text: `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    status: 400,
  },
  { name: 'a negative length', text: `${POST}Content-Length: -1\r\n\r\n`, status: 400 },
  { name: 'a length with a sign', text: `${POST}Content-Length: +5\r\n\r\nhello`, status: 400 },
  { name: 'a hexadecimal length', text: `${POST}Content-Length: 0x5\r\n\r\nhello`, status: 400 },
  { name: 'a chunk of no size', text: `${CHUNKED}xyz\r\n\r\n`, status: 400 },
  { name: 'a chunk longer than its size', text: `${CHUNKED}1\r\nab\r\n0\r\n\r\n`, status: 400 },
  { name: 'a chunk ended by LF alone', text: `${CHUNKED}1\na\n0\n\n`, status: 400 },
  { name: 'a chunk of giant size', text: `${CHUNKED}${'f'.repeat(20)}\r\n`, status: 400 },
  { name: 'a CR of its own in a header', text: `${GET}X-A: a\rSet: b\r\n\r\n`, status: 400 },
  { name: 'a line ended by CR alone', text: `${GET}X-A: a\r\r\n`, status: 400 },
  { name: 'a NUL in a header', text: `${GET}X-A: a\0b\r\n\r\n`, status: 400 },
  { name: 'a blank before a colon', text: `${GET}Content-Length : 5\r\n\r\nhello`, status: 400 },
  { name: 'a folded header', text: `${GET}X-A: a\r\n b\r\n\r\n`, status: 400 },
  { name: 'a header without a name', text: `${GET}: a\r\n\r\n`, status: 400 },
  { name: 'a blank in the target', text: `GET /a b HTTP/1.1\r\n${HOST}\r\n`, status: 400 },
  { name: 'an unknown method', text: `FROB /page HTTP/1.1\r\n${HOST}\r\n`, status: 400 },
  { name: 'a giant head', text: `${GET}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, status: 431 },
  {
    name: 'a giant target',
    text: `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`,
    status: 431,
  },
  { name: '..', text: `GET /a/../page HTTP/1.1\r\n${HOST}${CLOSE}`, status: 400 },
  { name: '.. in disguise', text: `GET /a/%2e%2E/page HTTP/1.1\r\n${HOST}${CLOSE}`, status: 400 },
  { name: 'an encoded slash', text: `GET /a%2fpage HTTP/1.1\r\n${HOST}${CLOSE}`, status: 400 },
  { name: 'an encoded NUL', text: `GET /a%00page HTTP/1.1\r\n${HOST}${CLOSE}`, status: 400 },
  { name: 'a bad escape', text: `GET /a%zz HTTP/1.1\r\n${HOST}${CLOSE}`, status: 400 },
  {
    name: 'a whole request before a bad one',
    text: `${GET}\r\n${GET}X-A: a\rb\r\n\r\n`,
    status: 400,
    serves: ['GET /page'],
  },
  {
    name: 'an upgrade, which is let be',
    text: `${GET}Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`,
    status: 200,
    serves: ['GET /page'],
  },
  {
    name: 'an absolute-form, which is a request like any other',
    text: `GET http://box/page?a HTTP/1.1\r\n${HOST}${CLOSE}`,
    status: 200,
    serves: ['GET /page?a'],
  },
  {
    name: 'pipelined requests, which are answered in turn',
    text: `${GET}\r\n${GET}${CLOSE}`,
    status: 200,
    serves: ['GET /page', 'GET /page'],
  },
];

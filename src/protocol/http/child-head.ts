/** A request as the client sent it. */
export interface ClientRequest {
  /** Path and query, in the client's spelling. */
  readonly target: string;
  /** Host header; '' if an HTTP/1.0 client sent none. */
  readonly host: string;
  /** Name, value, name, value, in the order received. */
  readonly rawHeaders: readonly string[];
}

/**
 * Hop-by-hop headers (RFC 9110 §7.6.1), and body headers, which a request for a live stream does
 * not need.
 */
const HOP_BY_HOP =
  'connection host keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade http2-settings content-length expect';
/** Headers that we set ourselves; a client's own values are dropped. */
const OURS = 'x-forwarded-for x-real-ip';

/**
 * Builds the head of the GET sent to a child in place of the client's. `Connection: close` lets the
 * child's response be relayed unchanged.
 */
export function buildChildHead(request: ClientRequest, ip: string): Buffer {
  const headers = childHeaders(request, ip).map(([name, text]) => `${name}: ${text}`);
  const lines = [`GET ${request.target} HTTP/1.1`, ...headers];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Returns the client's end-to-end headers and the client's true address. */
export function childHeaders(
  { host, rawHeaders }: ClientRequest,
  ip: string,
): [name: string, text: string][] {
  const dropped = new Set(`${HOP_BY_HOP} ${OURS}`.split(' '));
  const headers = pairs(rawHeaders);
  for (const [name, text] of headers) {
    if (name.toLowerCase() !== 'connection') continue;
    for (const named of text.split(',')) dropped.add(named.trim().toLowerCase());
  }
  return [
    ['Host', host || 'localhost'],
    ...headers.filter(([name]) => !dropped.has(name.toLowerCase())),
    ['X-Forwarded-For', ip],
    ['X-Real-IP', ip],
    ['Connection', 'close'],
  ];
}

function pairs(raw: readonly string[]): [name: string, text: string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) found.push([raw[at] ?? '', raw[at + 1] ?? '']);
  return found;
}

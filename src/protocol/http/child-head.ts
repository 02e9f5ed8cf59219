/** A request as its client made it. */
export interface ClientRequest {
  /** Path and query, in the client's spelling. */
  readonly target: string;
  /** '' where an old client names none. */
  readonly host: string;
  /** Name, value, name, value, as they came. */
  readonly rawHeaders: readonly string[];
}

/** Of one connection only (RFC 9110, 7.6.1), and those of a body, which no live request has. */
const HOP_BY_HOP =
  'connection host keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade http2-settings content-length expect';
/** Who the client is, we say. */
const OURS = 'x-forwarded-for x-real-ip';

/**
 * The head of a GET that asks a child for what the client asked us for. The child's answer can be
 * relayed as it is.
 */
export function buildChildHead(request: ClientRequest, ip: string): Buffer {
  const headers = childHeaders(request, ip).map(([name, text]) => `${name}: ${text}`);
  const lines = [`GET ${request.target} HTTP/1.1`, ...headers];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** All of the client's headers that are not for us alone, and the client's true address. */
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

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
 * The head of a GET that asks a child for what the client asked us for, with all headers that are
 * not for us alone, and the client's true address. The child's answer can be relayed as it is.
 */
export function buildChildHead({ target, host, rawHeaders }: ClientRequest, ip: string): Buffer {
  const dropped = new Set(`${HOP_BY_HOP} ${OURS}`.split(' '));
  const headers = pairs(rawHeaders);
  for (const [name, text] of headers) {
    if (name.toLowerCase() !== 'connection') continue;
    for (const named of text.split(',')) dropped.add(named.trim().toLowerCase());
  }
  const kept = headers.filter(([name]) => !dropped.has(name.toLowerCase()));
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: ${host || 'localhost'}`,
    ...kept.map(([name, text]) => `${name}: ${text}`),
    `X-Forwarded-For: ${ip}`,
    `X-Real-IP: ${ip}`,
    'Connection: close',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function pairs(raw: readonly string[]): [name: string, text: string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) found.push([raw[at] ?? '', raw[at + 1] ?? '']);
  return found;
}

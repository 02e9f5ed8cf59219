/** A heartbeat as a child sends it. */
export interface Beat {
  /** Path of its URL. */
  readonly path: string;
  /** `device_id`; empty if the body has none. */
  readonly device: string;
  /** `pid`; NaN if the body has none. */
  readonly pid: number;
}

/** Bytes of a request from which on it is none of SRS: its heartbeat has about 400. */
export const MOST_BYTES = 4096;

const END = '\r\n\r\n';
const HEAD = /^POST (\/\S*) HTTP\/1\.[01]\r\n/;
const LENGTH = /\r\ncontent-length: *(\d{1,5}) *\r\n/i;

/**
 * Parses the request that carries a heartbeat. `incomplete`: further bytes are needed; `invalid`:
 * it is none.
 */
export function parseBeat(bytes: Buffer): Beat | 'incomplete' | 'invalid' {
  if (bytes.length > MOST_BYTES) return 'invalid';
  const text = bytes.toString('latin1');
  const end = text.indexOf(END);
  if (end < 0) return 'incomplete';
  const head = text.slice(0, end + 2);
  const path = HEAD.exec(head)?.[1];
  const length = Number(LENGTH.exec(head)?.[1]);
  if (path === undefined || Number.isNaN(length)) return 'invalid';
  const from = end + END.length;
  if (from + length > MOST_BYTES) return 'invalid';
  if (bytes.length < from + length) return 'incomplete';
  return beatOf(path, bytes.toString('utf8', from, from + length));
}

function beatOf(path: string, body: string): Beat | 'invalid' {
  try {
    const { device_id: device, pid } = JSON.parse(body) ?? {};
    return { path, device: String(device ?? ''), pid: Number(pid ?? Number.NaN) };
  } catch {
    return 'invalid';
  }
}

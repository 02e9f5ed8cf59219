import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

/** Head of a response with a Content-Length (RFC 9112 §4), as SRS's API sends it. */
export interface AnswerHead {
  readonly status: number;
  /** Bytes of the body. */
  readonly length: number;
}

const MAX_HEAD_BYTES = 16 * 1024;
const END = '\r\n\r\n';
const STATUS = /^HTTP\/1\.[01] (?<status>\d{3})\b/;
const LENGTH = /^content-length: *(?<length>\d{1,15}) *$/im;

/** Parses a response head. Chunked bodies, and bodies that end with the connection, are invalid. */
export function parseAnswerHead(bytes: Buffer): Parsed<AnswerHead> {
  const end = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(END);
  if (end < 0) return bytes.length < MAX_HEAD_BYTES ? INCOMPLETE : invalid('a head without end');
  const head = bytes.toString('latin1', 0, end);
  const status = STATUS.exec(head)?.groups?.status;
  const length = LENGTH.exec(head)?.groups?.length;
  if (status === undefined) return invalid('no status line');
  if (length === undefined) return invalid('no length of the body');
  return value({ status: Number(status), length: Number(length) }, end + END.length);
}

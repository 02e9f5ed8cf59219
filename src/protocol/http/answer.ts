import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

/** Head of a response with a Content-Length (RFC 9112 §4), as SRS's API sends it. */
export interface AnswerHead {
  readonly status: number;
  /** Bytes of the body. */
  readonly length: number;
}

/** Head of a response whose body is a live stream. */
export interface StreamHead {
  readonly status: number;
  readonly isChunked: boolean;
}

const MAX_HEAD_BYTES = 16 * 1024;
const END = '\r\n\r\n';
const STATUS = /^HTTP\/1\.[01] (?<status>\d{3})\b/;
const LENGTH = /^content-length: *(?<length>\d{1,15}) *$/im;

const CHUNKED = /^transfer-encoding: *chunked *$/im;

/** Parses the head of a live stream's response. */
export function parseStreamHead(bytes: Buffer): Parsed<StreamHead> {
  const head = parseHead(bytes);
  if (head.kind !== 'value') return head;
  const { text, status } = head.value;
  return value({ status, isChunked: CHUNKED.test(text) }, head.consumed);
}

/** Parses a response head. Chunked bodies, and bodies that end with the connection, are invalid. */
export function parseAnswerHead(bytes: Buffer): Parsed<AnswerHead> {
  const head = parseHead(bytes);
  if (head.kind !== 'value') return head;
  const { text, status } = head.value;
  const length = LENGTH.exec(text)?.groups?.length;
  if (length === undefined) return invalid('no length of the body');
  return value({ status, length: Number(length) }, head.consumed);
}

function parseHead(bytes: Buffer): Parsed<{ readonly text: string; readonly status: number }> {
  const end = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(END);
  if (end < 0) return bytes.length < MAX_HEAD_BYTES ? INCOMPLETE : invalid('a head without end');
  const text = bytes.toString('latin1', 0, end);
  const status = STATUS.exec(text)?.groups?.status;
  if (status === undefined) return invalid('no status line');
  return value({ text, status: Number(status) }, end + END.length);
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Role } from '../../stream-key.js';
import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

/** Which of a child's ports is wanted. */
export type ChildService = 'rtmp' | 'http' | 'api';

/** A stream, and what is to be done with it. */
export interface PeerWanted {
  readonly stream: string;
  readonly role: Role;
  /** There where the user's hooks have let the client in already, by that id. */
  readonly hookId?: string;
}

/** What one box says to another before the bytes of a client, in JSON. */
export interface PeerHello {
  readonly child: string;
  readonly generation: number;
  readonly service: ChildService;
  /** What the client comes for; null: for no one stream. */
  readonly wanted: PeerWanted | null;
  /** `ip:port` of the client. */
  readonly client: string;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly at: number;
  /** Never the same twice. */
  readonly nonce: string;
  /** Asked of the box itself, which answers and hangs up; then no child is wanted. */
  readonly question?: string;
}

/**
 * `SRSP`, a version, the length of the JSON (16 bits, big endian), the JSON, and an HMAC-SHA256 over
 * all of it by the secret that the boxes share.
 */
const MAGIC = Buffer.from('SRSP\x01', 'latin1');
const HEAD = MAGIC.length + 2;
const MAC_SIZE = 32;
/** Names of streams are bounded by their protocols. */
const MAX_JSON = 8192;
const SERVICES: readonly unknown[] = ['rtmp', 'http', 'api'];

export function buildHello(hello: PeerHello, secret: string): Buffer {
  const json = Buffer.from(JSON.stringify(hello));
  const head = Buffer.alloc(HEAD);
  MAGIC.copy(head);
  head.writeUInt16BE(json.length, MAGIC.length);
  const signed = Buffer.concat([head, json]);
  return Buffer.concat([signed, mac(secret, signed)]);
}

/** Reads a hello; one that was not made with our secret is invalid. */
export function parseHello(bytes: Buffer, secret: string): Parsed<PeerHello> {
  const known = Math.min(bytes.length, MAGIC.length);
  if (!bytes.subarray(0, known).equals(MAGIC.subarray(0, known)))
    return invalid('no hello of a box');
  if (bytes.length < HEAD) return INCOMPLETE;
  const size = bytes.readUInt16BE(MAGIC.length);
  if (size > MAX_JSON) return invalid(`hello of ${size} bytes`);
  const end = HEAD + size;
  if (bytes.length < end + MAC_SIZE) return INCOMPLETE;
  const isOurs = isMac(bytes.subarray(end, end + MAC_SIZE), secret, bytes.subarray(0, end));
  if (!isOurs) return invalid('hello by another secret');
  const hello = readHello(bytes.toString('utf8', HEAD, end));
  return hello === null ? invalid('malformed hello') : value(hello, end + MAC_SIZE);
}

/** `gone`: that life of the child is over, or the stream is not its own any more. */
export type PeerAnswer = 'welcome' | 'gone';

/** The answer to a hello: proves that who answers has the secret too. */
export function buildAnswer(answer: PeerAnswer, { nonce }: PeerHello, secret: string): Buffer {
  return mac(secret, Buffer.from(`${answer} ${nonce}`));
}

export function parseAnswer(bytes: Buffer, hello: PeerHello, secret: string): Parsed<PeerAnswer> {
  if (bytes.length < MAC_SIZE) return INCOMPLETE;
  const given = bytes.subarray(0, MAC_SIZE);
  for (const answer of ['welcome', 'gone'] as const) {
    if (timingSafeEqual(given, buildAnswer(answer, hello, secret))) return value(answer, MAC_SIZE);
  }
  return invalid('the other box has another secret');
}

function readHello(text: string): PeerHello | null {
  const hello = parseJson(text);
  if (hello === null) return null;
  const { child, generation, service, client, at, nonce, question } = hello;
  const wanted = readWanted(hello.wanted);
  if (wanted === undefined) return null;
  if (typeof child !== 'string' || typeof client !== 'string' || typeof nonce !== 'string') {
    return null;
  }
  if (typeof generation !== 'number' || typeof at !== 'number') return null;
  if (!SERVICES.includes(service)) return null;
  if (question !== undefined && typeof question !== 'string') return null;
  const asked = question === undefined ? {} : { question };
  const about = { service: service as ChildService, wanted, client, ...asked };
  return { child, generation, ...about, at, nonce };
}

/** Undefined: malformed. */
function readWanted(field: unknown): PeerWanted | null | undefined {
  if (field === null) return null;
  const { stream, role, hookId } = (field ?? {}) as Record<string, unknown>;
  const isRole = role === 'publish' || role === 'play';
  if (typeof stream !== 'string' || !isRole) return undefined;
  return typeof hookId === 'string' ? { stream, role, hookId } : { stream, role };
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' ? (parsed as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

function mac(secret: string, bytes: Buffer): Buffer {
  return createHmac('sha256', secret).update(bytes).digest();
}

function isMac(given: Buffer, secret: string, bytes: Buffer): boolean {
  return timingSafeEqual(given, mac(secret, bytes));
}

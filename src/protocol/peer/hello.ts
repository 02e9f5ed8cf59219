import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseStreamKey, type Role, type StreamKey } from '../../stream-key.js';
import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

/** The child's port to connect to. */
export type ChildService = 'rtmp' | 'http' | 'api';

/** A stream and the client's role on it. */
export interface PeerWanted {
  readonly stream: StreamKey;
  readonly role: Role;
  /** Set if the user's hooks have accepted the client already: the client id they were told. */
  readonly hookId?: string;
  /** Set for a connection that the other box shares among its players: no user hears of it. */
  readonly isFeed?: true;
}

/** The JSON message that one box sends to another before a client's bytes. */
export interface PeerHello {
  readonly child: string;
  readonly generation: number;
  readonly service: ChildService;
  /** The client's stream and role; null if the request concerns no single stream. */
  readonly wanted: PeerWanted | null;
  /** The client's `ip:port`. */
  readonly client: string;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly at: number;
  /** Unique per hello: the peer refuses a repeated one. */
  readonly nonce: string;
  /** A question to the box itself, which answers and closes the connection; no child is dialled. */
  readonly question?: string;
}

/**
 * Wire format: `SRSP`, version (1 byte), length of the JSON (16 bits, big-endian), the JSON, and an
 * HMAC-SHA256 of all of that with the secret that the boxes share.
 */
const MAGIC = Buffer.from('SRSP\x01', 'latin1');
const HEAD = MAGIC.length + 2;
const MAC_SIZE = 32;
/** Bytes. Stream names are bounded by their protocols, so no true hello is longer. */
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

/** Parses a hello. A hello signed with another secret is invalid. */
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

/**
 * `gone`: that generation of the child has ended, or it no longer owns the stream. `registry`: the
 * registry does not tell the answering box who owns it. `busy`: the stream has a publisher, who
 * keeps it.
 */
const ANSWERS = ['welcome', 'gone', 'registry', 'busy'] as const;
export type PeerAnswer = (typeof ANSWERS)[number];

/** Builds the answer to a hello. It proves that the answering box has the secret, too. */
export function buildAnswer(answer: PeerAnswer, { nonce }: PeerHello, secret: string): Buffer {
  return mac(secret, Buffer.from(`${answer} ${nonce}`));
}

export function parseAnswer(bytes: Buffer, hello: PeerHello, secret: string): Parsed<PeerAnswer> {
  if (bytes.length < MAC_SIZE) return INCOMPLETE;
  const given = bytes.subarray(0, MAC_SIZE);
  for (const answer of ANSWERS) {
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

/** Returns undefined for a malformed field. */
function readWanted(field: unknown): PeerWanted | null | undefined {
  if (field === null) return null;
  const { stream: text, role, hookId, isFeed } = (field ?? {}) as Record<string, unknown>;
  const isRole = role === 'publish' || role === 'play';
  const stream = typeof text === 'string' ? parseStreamKey(text) : null;
  if (stream === null || !isRole) return undefined;
  return {
    ...{ stream, role },
    ...(typeof hookId === 'string' && { hookId }),
    ...(isFeed === true && { isFeed }),
  };
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

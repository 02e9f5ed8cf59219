/** The words of a set-up: to a client before it has its child, and to the child. */
import { randomBytes } from 'node:crypto';
import { STREAM_LIMITS } from '../../access/decide.js';
import { tokenIn } from '../../protocol/access-token.js';
import type { ServerIdentity } from '../../protocol/rtmp/connect-answer.js';
import type { GreetingSizes } from '../../protocol/rtmp/greeting.js';
import {
  buildBlindHello,
  HANDSHAKE_SIZE,
  SERVER_HANDSHAKE_SIZE,
} from '../../protocol/rtmp/handshake.js';
import { type Identified, RtmpIdentifier } from '../../protocol/rtmp/identify.js';
import { ChildLeveler, type Leveled } from '../../protocol/rtmp/level.js';
import type { ClosedRecord } from '../../protocol/rtmp/play-record.js';
import { resolveVhost, type StreamKey, streamKey } from '../../stream-key.js';
import type { Failure } from '../failure.js';
import { SessionError } from '../session-error.js';

/** The log's line for a client that was not served. */
export const NOT_SERVED = 'rtmp client closed';
/** Failures that a client which has named a stream is told of. */
export const TOLD = new Set<Failure>([
  'no-child',
  'child',
  'token',
  ...STREAM_LIMITS,
  'busy',
  'registry',
  'internal',
]);
/** A child that has answered its probes answers a connection in milliseconds; a hung one never. */
export const CHILD_ANSWER_MS = 10_000;
/** A player may wait long for its publisher; a peer that vanished is found by TCP keep-alive. */
export const IDLE_MS = 60 * 60 * 1000;
/** Bytes that a client may leave unread while its child's are still being rewritten. */
export const MAX_UNREAD = 4 * 1024 * 1024;
/** No peer of RTMP's handshake looks into these bytes: one draw serves every connection. */
const RANDOM = randomBytes(HANDSHAKE_SIZE);
/** C0, C1 and C2 for a child, sent before its own half has come. */
const HELLO = buildBlindHello(RANDOM);

/** A server as its clients see it. */
export interface ServerRules {
  readonly server: Omit<ServerIdentity, 'id' | 'ip'>;
  /** See `IdentifierOptions`. */
  readonly vhostSizes?: Readonly<Record<string, GreetingSizes>>;
}

/** Speaks with a client until that names its stream; `id` is the connection's, `ip` our end's. */
export function newIdentifier(
  { server, vhostSizes }: ServerRules,
  id: string,
  ip: string,
): RtmpIdentifier {
  const told = { server: { ...server, id, ip }, ...(vhostSizes && { vhostSizes }) };
  return new RtmpIdentifier({ ...told, time: 0, random: RANDOM });
}

/** The stream that a client named; any vhost but these is the default one. */
export function streamOf({ url }: Identified, vhosts: readonly string[]): StreamKey {
  const vhost = resolveVhost(url.vhost, vhosts);
  return streamKey({ vhost, app: url.app, stream: url.stream });
}

/** Returns a client's wish for the gate. */
export function wishOf(identified: Identified, vhosts: readonly string[]) {
  const { role, url } = identified;
  return { stream: streamOf(identified, vhosts), role, token: tokenIn(url.param) };
}

/** Returns a client that came from another thread, where buffers become plain bytes. */
export function withBuffers(identified: Identified): Identified {
  return { ...identified, recorded: bufferOf(identified.recorded) };
}

/** Returns a client that has closed its stream on another thread. */
export function closedWithBuffers({ heard, bare, rest }: ClosedRecord): ClosedRecord {
  return { heard: bufferOf(heard), bare: bufferOf(bare), rest: bufferOf(rest) };
}

/** Returns bytes as a buffer over the same memory. */
export function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** All that a child is told, in one flight. */
export function openingOf({ recorded }: Identified): Buffer {
  return Buffer.concat([HELLO, recorded]);
}

/** Reads a child's first bytes: its handshake is dropped, its answers are levelled. */
export class ChildAnswers {
  readonly #leveler: ChildLeveler;
  #skip = SERVER_HANDSHAKE_SIZE;

  constructor(identified: Identified) {
    this.#leveler = new ChildLeveler(identified);
  }

  /** Size of the child's chunks in bytes, as told so far. */
  get chunkSize(): number {
    return this.#leveler.chunkSize;
  }

  /** Answers the bytes that the client gets of these. Throws SessionError. */
  take(bytes: Buffer): Leveled {
    const rest = bytes.subarray(Math.min(this.#skip, bytes.length));
    this.#skip -= bytes.length - rest.length;
    const outcome = this.#leveler.feed(rest);
    if (outcome.kind !== 'value') throw new SessionError('child', 'the child sent no RTMP');
    return outcome.value;
  }
}

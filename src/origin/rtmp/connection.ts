import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { INCOMPLETE, invalid, type Parsed, value } from '../../protocol/result.js';
import { ChunkReader } from '../../protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../protocol/rtmp/chunk-writer.js';
import { acknowledgement } from '../../protocol/rtmp/control.js';
import { buildS0S1S2, HANDSHAKE_SIZE, parseC0C1 } from '../../protocol/rtmp/handshake.js';
import { DEFAULT_CHUNK_SIZE, MessageType, type RtmpMessage } from '../../protocol/rtmp/message.js';
import { OUT_CHUNK_SIZE } from '../media/batch.js';

/** First byte of a proxy's real-ip prefix, which SRS reads only for its log. */
const PREFIX_MARK = 0xf3;
const MAX_PREFIX = 1024;
/** Unsent bytes from which a client that does not read is closed. */
const MAX_UNSENT = 64 * 1024 * 1024;

export interface MessageHandler {
  /**
   * Handles a message. Further messages wait until the promise settles. Throws to close the
   * connection.
   */
  message(message: RtmpMessage): void | Promise<void>;
  /** Called after all messages, even those whose hook was pending at the close. */
  closed(reason: string): void;
}

/** Result of a reading step: the bytes consumed, or a fault. */
type Step = Parsed<null>;

/** The RTMP layer of a client's socket: handshake, chunks, acknowledgements. */
export class RtmpConnection {
  readonly #socket: Socket;
  readonly #handler: MessageHandler;
  readonly #reader = new ChunkReader();
  #step: ((bytes: Buffer) => Step) | null = (bytes) => this.#readHello(bytes);
  #opening: Buffer = Buffer.alloc(0);
  #outChunkSize = DEFAULT_CHUNK_SIZE;
  #ackWindow = 0;
  #acked = 0;
  #busy = false;
  /** Settles, never rejects, when the last message was handled. */
  #dealt: Promise<void> = Promise.resolve();
  #reason = 'client closed';

  constructor(socket: Socket, handler: MessageHandler) {
    this.#socket = socket;
    this.#handler = handler;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('timeout', () => this.close('timeout'));
    socket.on('error', (error) => this.close(error.message));
    socket.on('close', () => void this.#dealt.then(() => handler.closed(this.#reason)));
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends messages, each with a full header. */
  send(...messages: RtmpMessage[]): void {
    const parts = messages.map((message) => {
      const bytes = encodeMessage(message, this.#outChunkSize);
      if (message.typeId === MessageType.setChunkSize) this.#outChunkSize = OUT_CHUNK_SIZE;
      return bytes;
    });
    if (!this.closed) this.#socket.write(Buffer.concat(parts));
    if (this.#socket.writableLength > MAX_UNSENT) this.close('client does not read');
  }

  /** Sends an acknowledgement every so many bytes, as the client requested. */
  acknowledgeEvery(bytes: number): void {
    this.#ackWindow = bytes;
  }

  close(reason: string): void {
    if (this.closed) return;
    this.#reason = reason;
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    if (this.#step === null) this.#reader.push(bytes);
    else this.#open(Buffer.concat([this.#opening, bytes]));
    this.#drain();
  }

  #open(bytes: Buffer): void {
    this.#opening = bytes;
    while (this.#step !== null) {
      const done = this.#step(this.#opening);
      if (done.kind === 'invalid') this.close(done.reason);
      if (done.kind !== 'value') return;
      this.#opening = this.#opening.subarray(done.consumed);
    }
    this.#reader.push(this.#opening);
    this.#opening = Buffer.alloc(0);
  }

  #readHello(bytes: Buffer): Step {
    if (bytes[0] === PREFIX_MARK) return skipPrefix(bytes);
    const hello = parseC0C1(bytes);
    if (hello.kind !== 'value') return hello;
    const seed = { time: Math.trunc(performance.now()), random: randomBytes(HANDSHAKE_SIZE) };
    this.#socket.write(buildS0S1S2(hello.value, seed));
    this.#step = (rest) => this.#readC2(rest);
    return value(null, hello.consumed);
  }

  #readC2(bytes: Buffer): Step {
    if (bytes.length < HANDSHAKE_SIZE) return INCOMPLETE;
    this.#step = null;
    return value(null, HANDSHAKE_SIZE);
  }

  #drain(): void {
    this.#readMessages();
    this.#acknowledge();
  }

  #readMessages(): void {
    while (!this.#busy && !this.closed) {
      const parsed = this.#reader.next();
      if (parsed.kind === 'invalid') this.close(parsed.reason);
      if (parsed.kind !== 'value') return;
      this.#hand(parsed.value);
    }
  }

  #hand(message: RtmpMessage): void {
    const failed = (error: unknown): void => this.close(String(error));
    try {
      const pending = this.#handler.message(message);
      if (pending === undefined) return;
      this.#hold(true);
      this.#dealt = pending.catch(failed).finally(() => this.#hold(false));
    } catch (error) {
      failed(error);
    }
  }

  /** Pauses reading, so that further bytes wait in the kernel. */
  #hold(on: boolean): void {
    this.#busy = on;
    if (on) this.#socket.pause();
    else this.#socket.resume();
    if (!on) this.#drain();
  }

  #acknowledge(): void {
    const received = this.#socket.bytesRead;
    if (this.#ackWindow === 0 || received - this.#acked < this.#ackWindow / 2) return;
    this.#acked = received;
    this.send(acknowledgement(received >>> 0));
  }
}

function skipPrefix(bytes: Buffer): Step {
  if (bytes.length < 3) return INCOMPLETE;
  const size = 3 + bytes.readUInt16BE(1);
  if (size > 3 + MAX_PREFIX) return invalid('real ip prefix too long');
  return bytes.length < size ? INCOMPLETE : value(null, size);
}

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { messageOf, SupervisorError } from '../errors.js';
import type { Amf0Object, Amf0Value } from '../protocol/rtmp/amf0.js';
import { ChunkReader, type ReadMessage } from '../protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../protocol/rtmp/chunk-writer.js';
import { decodeCommand, encodeCommand, type RtmpCommand } from '../protocol/rtmp/command.js';
import {
  acknowledgement,
  parseUserControl,
  pingResponse,
  setChunkSize,
  UserControlEvent,
} from '../protocol/rtmp/control.js';
import {
  buildC0C1,
  buildC2,
  HANDSHAKE_SIZE,
  SERVER_HANDSHAKE_SIZE,
} from '../protocol/rtmp/handshake.js';
import {
  ChunkStream,
  DEFAULT_CHUNK_SIZE,
  MessageType,
  type RtmpMessage,
} from '../protocol/rtmp/message.js';

export interface RtmpClientOptions {
  readonly host: string;
  readonly port: number;
  readonly tcUrl: string;
  /** Source address of the connection. */
  readonly localAddress?: string;
  /** C0 and C1 to send instead of those of a simple handshake. */
  readonly c0c1?: Buffer;
  /** Additional fields of the connect object: `flashVer`, `pageUrl`, `objectEncoding`, … */
  readonly connectObject?: Amf0Object;
  /** Called with every message of the server, after the client has handled it. */
  readonly onMessage?: (message: ReadMessage) => void;
  /** Milliseconds for each answer; default: 10 s. */
  readonly timeoutMs?: number;
  /** Ends the connection at any time. */
  readonly signal?: AbortSignal;
}

/** Calls that precede `publish`: those of FMLE, ffmpeg and OBS; of Flash; of Haivision. */
export type PublishFlow = 'fmle' | 'flash' | 'haivision';

const OUT_CHUNK_SIZE = 60_000;
const ANSWER_TIMEOUT_MS = 10_000;

interface Waiter {
  matches(command: RtmpCommand): boolean;
  resolve(command: RtmpCommand): void;
  reject(error: Error): void;
}

/**
 * Connects, performs the handshake and sends `connect`. Rejects with ERR_PROTOCOL, which wraps a
 * socket error.
 */
export async function connectRtmp(options: RtmpClientOptions): Promise<RtmpClient> {
  const client = new RtmpClient(options);
  try {
    await client.open();
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/** One client RTMP connection that publishes a stream. See `connectRtmp`. */
export class RtmpClient {
  /** Resolves, never rejects, when the connection has ended. */
  readonly closed: Promise<void>;
  readonly #options: RtmpClientOptions;
  protected readonly socket: Socket;
  readonly #reader = new ChunkReader();
  readonly #waiters = new Set<Waiter>();
  #answer: Buffer | null = Buffer.alloc(0);
  #transactionId = 0;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #received = 0;
  #acknowledged = 0;
  #ackWindow = Number.POSITIVE_INFINITY;
  #failure: Error | null = null;

  constructor(options: RtmpClientOptions) {
    const { host, port, localAddress, signal } = options;
    this.#options = options;
    this.socket = connect({
      host,
      port,
      noDelay: true,
      ...(localAddress && { localAddress }),
      ...(signal && { signal }),
    });
    this.socket.on('data', (bytes) => this.#receive(bytes));
    this.socket.on('error', (error) => this.#fail(messageOf(error), error));
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#fail('connection closed');
        resolve();
      });
    });
  }

  /** Bytes written but not yet taken by the kernel. */
  get pending(): number {
    return this.socket.writableLength;
  }

  /** Performs the handshake and `connect`; called by `connectRtmp`. */
  async open(): Promise<void> {
    const { tcUrl, c0c1, connectObject } = this.#options;
    const time = Math.trunc(performance.now());
    this.socket.write(c0c1 ?? buildC0C1(time, randomBytes(HANDSHAKE_SIZE)));
    await this.#handshaken();
    this.send(setChunkSize(OUT_CHUNK_SIZE));
    this.#chunkSize = OUT_CHUNK_SIZE;
    const app = tcUrl.split('/').slice(3).join('/');
    const object = { app, type: 'nonprivate', flashVer: 'FMLE/3.0', tcUrl, ...connectObject };
    await this.call('connect', object);
  }

  /** Publishes a stream; resolves with the message stream id when media may be sent. */
  async publish(stream: string, flow: PublishFlow = 'fmle'): Promise<number> {
    if (flow === 'fmle') {
      this.notify('releaseStream', null, stream);
      this.notify('FCPublish', null, stream);
    }
    const streamId = await this.createStream();
    if (flow === 'haivision') this.notify('FCPublish', null, stream);
    const started = this.status('NetStream.Publish.Start');
    this.command('publish', streamId, [null, stream, 'live']);
    await started;
    return streamId;
  }

  /** Requests a message stream and returns its id. */
  async createStream(): Promise<number> {
    const { args } = await this.call('createStream', null);
    if (typeof args[0] === 'number') return args[0];
    throw failure('createStream was answered without a stream id');
  }

  /** Calls the server on the connection's own stream and waits for the result. */
  async call(name: string, object: Amf0Value, ...args: Amf0Value[]): Promise<RtmpCommand> {
    const transactionId = this.#transactionId + 1;
    const answer = this.#expect(name, (command) => {
      return /^_(result|error)$/.test(command.name) && command.transactionId === transactionId;
    });
    this.notify(name, object, ...args);
    const command = await answer;
    if (command.name === '_error') throw failure(`server refused ${name}`);
    return command;
  }

  /** Calls the server on the connection's own stream and ignores the answer. */
  notify(name: string, object: Amf0Value, ...args: Amf0Value[]): void {
    this.command(name, 0, [object, ...args]);
  }

  /** Sends a message; false if the socket's buffer is full. */
  send(message: RtmpMessage): boolean {
    return this.socket.write(encodeMessage(message, this.#chunkSize));
  }

  close(): void {
    this.socket.destroy();
  }

  protected command(name: string, streamId: number, [object, ...args]: Amf0Value[]): void {
    this.#transactionId++;
    const command = { name, transactionId: this.#transactionId, object, args };
    this.send(encodeCommand(command, { csid: ChunkStream.command, streamId }));
  }

  /**
   * Waits for the handshake's end, which is signalled as a fake command so that one kind of waiter
   * is enough.
   */
  async #handshaken(): Promise<void> {
    await this.#expect('handshake', ({ name }) => name === '');
  }

  /** Resolves when the server says that code, rejects when it refuses. */
  protected async status(code: string): Promise<void> {
    const { args } = await this.#expect(code, (command) => {
      const { level, code: got } = statusOf(command);
      return command.name === 'onStatus' && (got === code || level === 'error');
    });
    const { code: got } = statusOf({ args });
    if (got !== code) throw failure(`server answered ${got} instead of ${code}`);
  }

  #expect(what: string, matches: Waiter['matches']): Promise<RtmpCommand> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const limit = this.#options.timeoutMs ?? ANSWER_TIMEOUT_MS;
      const timer = setTimeout(() => waiter.reject(failure(`no ${what} in ${limit} ms`)), limit);
      const end = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        matches,
        resolve: (command) => {
          end();
          resolve(command);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #receive(bytes: Buffer): void {
    this.#received += bytes.length;
    const chunks = this.#answer ? this.#shakeHands(this.#answer, bytes) : bytes;
    this.#reader.push(chunks);
    let next = this.#reader.next();
    for (; next.kind === 'value'; next = this.#reader.next()) {
      this.#obey(next.value);
      this.#options.onMessage?.(next.value);
    }
    if (next.kind === 'invalid') this.#fail(next.reason);
    else this.#acknowledge();
  }

  /** Consumes S0, S1 and S2; returns the bytes behind them. */
  #shakeHands(before: Buffer, bytes: Buffer): Buffer {
    const answer = Buffer.concat([before, bytes]);
    this.#answer = answer.length < SERVER_HANDSHAKE_SIZE ? answer : null;
    if (this.#answer) return Buffer.alloc(0);
    this.socket.write(buildC2(answer.subarray(1, 1 + HANDSHAKE_SIZE)));
    this.#dispatch({ name: '', transactionId: 0, object: null, args: [], amf3: false });
    return answer.subarray(SERVER_HANDSHAKE_SIZE);
  }

  #obey(message: ReadMessage): void {
    const { typeId, payload } = message;
    if (typeId === MessageType.windowAckSize && payload.length >= 4) {
      this.#ackWindow = payload.readUInt32BE(0);
    }
    if (typeId === MessageType.userControl) this.#answerPing(payload);
    const command = decodeCommand(message);
    if (command.kind === 'value') this.#dispatch(command.value);
  }

  #answerPing(payload: Buffer): void {
    const control = parseUserControl(payload);
    if (control.kind !== 'value' || control.value.event !== UserControlEvent.pingRequest) return;
    this.send(pingResponse(control.value.argument));
  }

  #dispatch(command: RtmpCommand): void {
    const waiter = [...this.#waiters].find((one) => one.matches(command));
    waiter?.resolve(command);
  }

  #acknowledge(): void {
    if (this.#received - this.#acknowledged < this.#ackWindow / 2) return;
    this.#acknowledged = this.#received;
    this.send(acknowledgement(this.#received));
  }

  #fail(reason: string, cause?: Error): void {
    const { host, port } = this.#options;
    this.#failure ??= failure(`${host}:${port}: ${reason}`, cause);
    this.socket.destroy();
    for (const waiter of this.#waiters) waiter.reject(this.#failure);
  }
}

function statusOf({ args }: Pick<RtmpCommand, 'args'>): Amf0Object {
  const [status] = args;
  return typeof status === 'object' && status !== null ? (status as Amf0Object) : {};
}

function failure(reason: string, cause?: Error): SupervisorError {
  return new SupervisorError('ERR_PROTOCOL', `rtmp: ${reason}`, cause && { cause });
}

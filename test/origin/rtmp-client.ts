import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Amf0Value } from '../../src/protocol/rtmp/amf0.js';
import { decodeAmf0All } from '../../src/protocol/rtmp/amf0.js';
import { ChunkReader, type ReadMessage } from '../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../src/protocol/rtmp/command.js';
import { buildC0C1, HANDSHAKE_SIZE } from '../../src/protocol/rtmp/handshake.js';
import {
  DEFAULT_CHUNK_SIZE,
  MessageType,
  type RtmpMessage,
} from '../../src/protocol/rtmp/message.js';
import { until } from '../helpers/until.js';

/**
 * A plain RTMP client that says what it is told to, at once and unasked, and keeps what it hears.
 */
export class RtmpClient {
  readonly socket: Socket;
  readonly heard: ReadMessage[] = [];
  readonly #reader = new ChunkReader();
  #handshake = Buffer.alloc(0);
  closed = false;
  transaction = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
  }

  /** Connects and sends the whole handshake in one flight. */
  static async open(port: number, localAddress = '127.0.0.1'): Promise<RtmpClient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    await once(socket, 'connect');
    return RtmpClient.over(socket);
  }

  /** Sends the whole handshake over a connected socket. */
  static over(socket: Socket): RtmpClient {
    const client = new RtmpClient(socket);
    socket.write(
      Buffer.concat([buildC0C1(0, Buffer.alloc(1528, 7)), Buffer.alloc(HANDSHAKE_SIZE)]),
    );
    return client;
  }

  send(message: RtmpMessage): void {
    this.socket.write(encodeMessage(message, DEFAULT_CHUNK_SIZE));
  }

  command(name: string, object: Amf0Value = null, ...args: Amf0Value[]): void {
    const transactionId = ++this.transaction;
    const streamId = name === 'publish' || name === 'play' ? 1 : 0;
    this.send(encodeCommand({ name, transactionId, object, args }, { csid: 3, streamId }));
  }

  connect(tcUrl: string): void {
    this.command('connect', { app: 'live', tcUrl, flashVer: 'test' });
  }

  /** All of an FMLE publish, or only what Flash says, without waiting for an answer. */
  publish(tcUrl: string, stream: string, fmle = true): void {
    this.connect(tcUrl);
    if (fmle) this.command('releaseStream', null, stream);
    if (fmle) this.command('FCPublish', null, stream);
    this.command('createStream');
    this.command('publish', null, stream, 'live');
  }

  play(tcUrl: string, stream: string): void {
    this.connect(tcUrl);
    this.command('createStream');
    this.command('play', null, stream);
  }

  video(timestamp: number, payload: readonly number[] | Buffer): void {
    const typeId = MessageType.video;
    this.send({ csid: 6, timestamp, typeId, streamId: 1, payload: Buffer.from(payload) });
  }

  audio(timestamp: number, payload: readonly number[] | Buffer): void {
    const typeId = MessageType.audio;
    this.send({ csid: 7, timestamp, typeId, streamId: 1, payload: Buffer.from(payload) });
  }

  /** Commands and data heard, decoded. */
  said(): Amf0Value[][] {
    const spoken: number[] = [MessageType.commandAmf0, MessageType.dataAmf0];
    return this.heard
      .filter(({ typeId }) => spoken.includes(typeId))
      .map(({ payload }) => {
        const values = decodeAmf0All(payload);
        return values.kind === 'value' ? values.value : [];
      });
  }

  /** Status codes heard, such as `NetStream.Play.Start`. */
  codes(): string[] {
    return this.said().flatMap(([, , , info]) => {
      const code = info && typeof info === 'object' ? Reflect.get(info, 'code') : undefined;
      return typeof code === 'string' ? [code] : [];
    });
  }

  media(): ReadMessage[] {
    return this.heard.filter(({ typeId }) => typeId === 8 || typeId === 9);
  }

  async hears(code: string): Promise<void> {
    await until(`${code}, heard ${this.codes().join()}`, () => this.codes().includes(code));
  }

  async ends(): Promise<void> {
    await until('the connection is closed', () => this.closed);
  }

  close(): void {
    this.socket.destroy();
  }

  #receive(bytes: Buffer): void {
    const size = 1 + 2 * HANDSHAKE_SIZE;
    if (this.#handshake.length < size) {
      const all = Buffer.concat([this.#handshake, bytes]);
      this.#handshake = all.subarray(0, size);
      this.#reader.push(all.subarray(size));
    } else {
      this.#reader.push(bytes);
    }
    for (let next = this.#reader.next(); next.kind === 'value'; next = this.#reader.next()) {
      this.heard.push(next.value);
    }
  }
}

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { isSequenceHeader, parseFlv } from '../../../src/demo/flv.js';
import { encodeAmf0 } from '../../../src/protocol/rtmp/amf0.js';
import { ChunkReader } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import {
  buildC0C1,
  buildC2,
  HANDSHAKE_SIZE,
  SERVER_HANDSHAKE_SIZE,
} from '../../../src/protocol/rtmp/handshake.js';
import { MessageType, type RtmpMessage } from '../../../src/protocol/rtmp/message.js';
import { CLIP } from '../../helpers/paths.js';
import { until } from '../../helpers/until.js';
import { amfText } from '../amf-text.js';
import type { Said } from '../script.js';

/** Transaction ids and pings from here on are fences, which no transcript shows. */
const FENCE = 900_000;
const STREAM_ID = 1;
/** A step that nothing answers is at its end after this. */
const LIMIT_MS = 8_000;
/** Frames that others get while this client shall get none. */
const FRAMES_MEANWHILE = 20;

const clip = parseFlv(readFileSync(CLIP));
if (clip.kind !== 'value') throw new Error(`${CLIP}: ${clip.kind}`);
const TAGS = clip.value.tags;
const LENGTH_MS = (TAGS.at(-1)?.timestamp ?? 0) + 40;

/** A raw RTMP client that says what it is told to, and writes down all that it hears. */
export class RawRtmp {
  readonly #socket: Socket;
  readonly #reader = new ChunkReader();
  #hello: Buffer | null = Buffer.alloc(0);
  #chunkSize = 128;
  #lines: string[] = [];
  /** How many of audio and video came, and where the last one did. */
  readonly #frames = new Map<string, number>();
  readonly #places = new Map<string, string>();
  #fences = 0;
  /** Name of the answer that is waited for, while no fence can tell. */
  #awaited = '';
  #passed = 0;
  #closed = false;
  /** It has said `publish` or `play`: from then on a fence ends each step. */
  #isServed = false;
  /** A player is fenced by calls, for SRS answers its pings out of order. */
  #plays = false;
  #feeding: NodeJS.Timeout | null = null;
  #fedFrom = 0;
  sentFrames = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.rest();
    });
  }

  /** Resolves when the handshake is over. */
  static async open(port: number): Promise<RawRtmp> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new RawRtmp(socket);
    await once(socket, 'connect');
    socket.write(buildC0C1(0, Buffer.alloc(HANDSHAKE_SIZE - 8, 7)));
    await until('S0 S1 S2', () => client.#hello === null || client.#closed, LIMIT_MS);
    return client;
  }

  say(what: readonly Said[]): void {
    this.#write(what.map((one) => this.#message(one)));
    for (const one of what) {
      if (!('call' in one)) continue;
      if (/^(play|publish)$/.test(one.call)) this.#isServed = true;
      if (one.call === 'play') this.#plays = true;
      if (one.call === 'closeStream') this.#plays = false;
    }
    this.#awaited = answerTo(what.at(-1));
  }

  /** Sends what a publisher begins with, and frames in real time from then on. */
  feed(): void {
    const heads = TAGS.filter(
      (tag) => tag.typeId === MessageType.dataAmf0 || isSequenceHeader(tag),
    );
    this.#write(heads.map(({ typeId, payload }) => media(typeId, 0, payload)));
    const frames = TAGS.filter((tag) => !heads.includes(tag));
    this.#fedFrom = Date.now();
    let next = 0;
    const timeOf = (index: number) =>
      (frames[index % frames.length]?.timestamp ?? 0) +
      Math.floor(index / frames.length) * LENGTH_MS;
    this.#feeding = setInterval(() => {
      const due: RtmpMessage[] = [];
      for (; timeOf(next) <= Date.now() - this.#fedFrom; next++) {
        const frame = frames[next % frames.length];
        if (frame) due.push(media(frame.typeId, timeOf(next), frame.payload));
      }
      this.sentFrames += due.length;
      this.#write(due);
    }, 20);
  }

  rest(): void {
    if (this.#feeding !== null) clearInterval(this.#feeding);
    this.#feeding = null;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** All that was said to the client because of what it said, once that is all. */
  async hears(ends: { until?: string; media?: 'flows' | 'stops' }): Promise<string[]> {
    const before = new Map(this.#frames);
    const text = ends.until ?? (this.#isServed ? null : this.#awaited);
    if (text === null) {
      await this.#fence();
      await this.#fence();
    } else if (text !== '') {
      await this.#reached(`line with ${text}`, () =>
        this.#lines.some((line) => line.includes(text)),
      );
    }
    const grown = (kind: string) => (this.#frames.get(kind) ?? 0) > (before.get(kind) ?? 0);
    if (ends.media === 'flows') {
      await this.#reached('frames', () => grown('audio') && grown('video'));
    }
    const lines = this.#lines.splice(0);
    if (ends.media === 'flows') {
      for (const kind of ['audio', 'video']) {
        const place = grown(kind) ? this.#places.get(kind) : 'never';
        lines.push(`${kind} frames ${place}`);
      }
    }
    if (this.#closed) lines.push('closed');
    return lines;
  }

  get frames(): number {
    return [...this.#frames.values()].reduce((sum, count) => sum + count, 0);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Waits until `other` has sent some frames and this client has not got the last of them. */
  async isSilent(other: RawRtmp): Promise<boolean> {
    const turn = async () => {
      const enough = other.sentFrames + FRAMES_MEANWHILE;
      await until('frames are sent', () => other.sentFrames >= enough, LIMIT_MS);
      return this.frames;
    };
    const first = await turn();
    return (await turn()) === first;
  }

  /** Resolves when the server has dealt with all that was said, or has closed. */
  async #fence(): Promise<void> {
    const id = FENCE + ++this.#fences;
    if (this.#plays) this.#write([this.#message({ call: 'fence', id, args: [null] })]);
    else this.#write([this.#message({ type: 4, hex: `0006${id.toString(16).padStart(8, '0')}` })]);
    await this.#reached(`fence ${id}`, () => this.#passed >= id);
  }

  async #reached(what: string, condition: () => boolean): Promise<void> {
    const reached = () => condition() || this.#closed;
    await until(what, reached, LIMIT_MS).catch(() => this.#lines.push(`nothing: no ${what}`));
  }

  #message(said: Said): RtmpMessage {
    if (!('call' in said)) {
      const payload = Buffer.from(said.hex, 'hex');
      return { csid: 2, timestamp: 0, typeId: said.type, streamId: 0, payload };
    }
    const { call, id, args, csid = 3, sid = 0, amf3 = false } = said;
    const amf0 = encodeAmf0(call, id, ...args);
    const payload = amf3 ? Buffer.concat([Buffer.of(0), amf0]) : amf0;
    const typeId = amf3 ? MessageType.commandAmf3 : MessageType.commandAmf0;
    return { csid, timestamp: 0, typeId, streamId: sid, payload };
  }

  #write(messages: readonly RtmpMessage[]): void {
    if (this.#closed || messages.length === 0) return;
    const parts = messages.map((message) => {
      const bytes = encodeMessage(message, this.#chunkSize);
      if (message.typeId === MessageType.setChunkSize) {
        this.#chunkSize = message.payload.readUInt32BE();
      }
      return bytes;
    });
    this.#socket.write(Buffer.concat(parts));
  }

  #receive(bytes: Buffer): void {
    if (this.#hello === null) this.#reader.push(bytes);
    else this.#shakeHands(Buffer.concat([this.#hello, bytes]));
    for (let next = this.#reader.next(); next.kind !== 'incomplete'; next = this.#reader.next()) {
      if (next.kind === 'invalid') {
        this.#lines.push(`not RTMP: ${next.reason}`);
        this.close();
        return;
      }
      this.#hear(next.value);
    }
  }

  #shakeHands(hello: Buffer): void {
    this.#hello = hello;
    if (hello.length < SERVER_HANDSHAKE_SIZE) return;
    this.#socket.write(buildC2(hello.subarray(1, 1 + HANDSHAKE_SIZE)));
    this.#hello = null;
    this.#reader.push(hello.subarray(SERVER_HANDSHAKE_SIZE));
  }

  #hear(message: RtmpMessage): void {
    const { typeId, payload } = message;
    // How often bytes are acknowledged depends on how they are cut into reads.
    if (typeId === MessageType.acknowledgement || this.#isFence(message)) return;
    const kind = { [MessageType.audio]: 'audio', [MessageType.video]: 'video' }[typeId];
    if (kind === undefined || isSequenceHeader({ typeId, timestamp: 0, payload })) {
      this.#lines.push(lineOf(message));
      return;
    }
    this.#frames.set(kind, (this.#frames.get(kind) ?? 0) + 1);
    this.#places.set(kind, `csid=${message.csid} sid=${message.streamId}`);
  }

  #isFence({ typeId, payload }: RtmpMessage): boolean {
    const isPong = typeId === MessageType.userControl && payload.readUInt16BE() === 7;
    if (isPong) return this.#pass(payload.readUInt32BE(2));
    if (typeId !== MessageType.commandAmf0) return false;
    const [, id = ''] = /^"_result", (\d+)/.exec(amfText(payload)) ?? [];
    return this.#pass(Number(id));
  }

  #pass(id: number): boolean {
    if (id <= FENCE) return false;
    this.#passed = Math.max(this.#passed, id);
    return true;
  }
}

/** '' where SRS does not answer. */
function answerTo(said: Said | undefined): string {
  if (said === undefined || !('call' in said) || said.silent) return '';
  return said.call === 'connect' ? 'onBWDone' : `"_result", ${said.id},`;
}

function media(typeId: number, timestamp: number, payload: Buffer): RtmpMessage {
  const csid = { [MessageType.audio]: 6, [MessageType.video]: 7 }[typeId] ?? 4;
  const framed =
    typeId === MessageType.dataAmf0
      ? Buffer.concat([encodeAmf0('@setDataFrame'), payload])
      : payload;
  return { csid, timestamp, typeId, streamId: STREAM_ID, payload: framed };
}

const NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(MessageType).map(([name, id]) => [id, name]),
);

/** One message as a line: type, chunk stream, message stream, length, content. */
function lineOf({ csid, typeId, streamId, payload }: RtmpMessage): string {
  const head = `${NAMES[typeId] ?? `type ${typeId}`} csid=${csid} sid=${streamId} len=${payload.length}`;
  if (typeId === MessageType.commandAmf0 || typeId === MessageType.dataAmf0) {
    return `${head} ${amfText(payload)}`;
  }
  if (typeId === MessageType.audio || typeId === MessageType.video) return `${head} header`;
  return `${head} ${payload.toString('hex')}`;
}

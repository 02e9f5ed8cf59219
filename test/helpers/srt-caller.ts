import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Extension } from '../../src/protocol/srt/extensions.js';
import {
  CONCLUSION,
  HANDSHAKE_SIZE,
  type Handshake,
  INDUCTION,
  induction,
  parseHandshake,
} from '../../src/protocol/srt/handshake.js';
import { destinationOf, kindOf, SHUTDOWN, shutdown } from '../../src/protocol/srt/packet.js';
import { PUBLISH } from './srt-bytes.js';
import { until } from './until.js';

/** Fields of a handshake to change. */
type Changes = Partial<Omit<Handshake, 'extension'>> & { readonly extension?: number };

/** Copies a packet with other fields. */
export function changed(packet: Buffer, fields: Changes): Buffer {
  const copy = Buffer.from(packet);
  const { version, encryption, extension, sequence, type, id, cookie, destination } = fields;
  if (version !== undefined) copy.writeUInt32BE(version, 16);
  if (encryption !== undefined) copy.writeUInt16BE(encryption, 20);
  if (extension !== undefined) copy.writeUInt16BE(extension, 22);
  if (sequence !== undefined) copy.writeUInt32BE(sequence, 24);
  if (type !== undefined) copy.writeInt32BE(type, 36);
  if (id !== undefined) copy.writeUInt32BE(id, 40);
  if (cookie !== undefined) copy.writeUInt32BE(cookie, 44);
  if (destination !== undefined) copy.writeUInt32BE(destination, 12);
  return copy;
}

/** Returns ffmpeg's conclusion with another stream id. */
export function conclusion(streamId: string, fields: Changes): Buffer {
  const text = Buffer.from(streamId);
  const words = Buffer.alloc(4 * Math.ceil(text.length / 4));
  text.copy(words);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(Extension.SID);
  head.writeUInt16BE(words.length / 4, 2);
  const block = words.length > 0 ? Buffer.concat([head, words.swap32()]) : Buffer.alloc(0);
  const abilities = PUBLISH.conclusion.subarray(0, HANDSHAKE_SIZE + 16);
  return changed(Buffer.concat([abilities, block]), fields);
}

/** Returns a data packet, whose first bit is 0. */
export function data(destination: number, text: string): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(destination, 12);
  return Buffer.concat([head, Buffer.from(text)]);
}

export function read(packet: Buffer): Handshake {
  const parsed = parseHandshake(packet);
  if (parsed.kind !== 'value') throw new Error(`no handshake: ${packet.toString('hex')}`);
  return parsed.value;
}

/** A UDP socket that keeps the packets it receives. */
export class SrtParty {
  readonly socket: Socket = createSocket('udp4');
  readonly got: Buffer[] = [];
  readonly from: AddressInfo[] = [];

  async open(ip = '127.0.0.1'): Promise<this> {
    this.socket.on('message', (packet, { address, port, family }) => {
      this.got.push(packet);
      this.from.push({ address, port, family });
    });
    this.socket.bind(0, ip);
    await once(this.socket, 'listening');
    return this;
  }

  get port(): number {
    return this.socket.address().port;
  }

  handshakes(type: number): Handshake[] {
    return this.got.flatMap((packet) => {
      const parsed = parseHandshake(packet);
      return parsed.kind === 'value' && parsed.value.type === type ? [parsed.value] : [];
    });
  }

  /** Returns the text of the data packets for this socket id. */
  dataFor(id: number): string[] {
    return this.got
      .filter((packet) => kindOf(packet) < 0x8000 && destinationOf(packet) === id)
      .map((packet) => packet.toString('utf8', 16));
  }

  isShut(id: number): boolean {
    return this.got.some((packet) => kindOf(packet) === SHUTDOWN && destinationOf(packet) === id);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}

/** An SRT caller in single steps; one UDP socket may call many times. */
export class SrtCaller extends SrtParty {
  /** The server's port. */
  target = 0;
  host = '127.0.0.1';

  send(packet: Buffer): void {
    this.socket.send(packet, this.target, this.host);
  }

  /** Sends inductions until it has a cookie. */
  async induce(id: number): Promise<Handshake> {
    return until('an induction is answered', () => {
      this.send(induction(id));
      return this.handshakes(INDUCTION).find(({ destination }) => destination === id);
    });
  }

  /** Performs the whole handshake; returns the answer to the conclusion. */
  async call(id: number, streamId: string, fields: Changes = {}): Promise<Handshake> {
    const { cookie } = await this.induce(id);
    const packet = conclusion(streamId, { id, cookie, sequence: id, ...fields });
    return until('the conclusion is answered', () => {
      this.send(packet);
      return this.answerTo(id);
    });
  }

  /** Returns the first answer to this socket's conclusion: accepted or rejected. */
  answerTo(id: number): Handshake | undefined {
    const all = this.got.map((packet) => parseHandshake(packet));
    return all
      .flatMap((parsed) => (parsed.kind === 'value' ? [parsed.value] : []))
      .find(({ type, destination }) => destination === id && type !== INDUCTION);
  }

  hangUp(childId: number): void {
    this.send(shutdown(childId));
  }
}

/** An SRT listener that accepts every call by default. */
export class SrtChild extends SrtParty {
  encryption = 0;
  /** Number of further packets to ignore. */
  deafFor = 0;
  /** The type of its answers to conclusions. */
  answer: number = CONCLUSION;
  nextId = 0x1000;
  /** Sender of its last conclusion. Others may still send inductions. */
  caller: { readonly address: string; readonly port: number } | null = null;
  /** Conclusions received, repeated ones included. */
  readonly conclusions: Buffer[] = [];
  readonly #ids = new Map<string, number>();

  override async open(ip = '127.0.0.1'): Promise<this> {
    this.socket.on('message', (packet, { address, port }) => {
      if (this.deafFor > 0) this.deafFor -= 1;
      else this.#hear(packet, port, address);
    });
    return super.open(ip);
  }

  /** Number of its SRT sockets. */
  get sessions(): number {
    return this.#ids.size;
  }

  /** Sends a packet to the last caller. */
  reply(packet: Buffer): void {
    const { address = '127.0.0.1', port = 9 } = this.caller ?? {};
    this.socket.send(packet, port, address);
  }

  #hear(packet: Buffer, port: number, address: string): void {
    const parsed = parseHandshake(packet);
    if (parsed.kind !== 'value') return;
    const { type, id } = parsed.value;
    if (type === INDUCTION) {
      const fields = { version: 5, extension: 0x4a17, encryption: this.encryption };
      const answer = changed(packet, { ...fields, cookie: port, destination: id });
      this.socket.send(answer, port, address);
    } else if (type === CONCLUSION && parsed.value.cookie === port) {
      this.conclusions.push(packet);
      this.caller = { address, port };
      this.socket.send(this.#answerTo(parsed.value, `${address} ${port}`), port, address);
    }
  }

  #answerTo({ id, cookie }: Handshake, from: string): Buffer {
    const own = this.#ids.get(from) ?? this.nextId++;
    if (this.answer === CONCLUSION) this.#ids.set(from, own);
    return changed(PUBLISH.answer, { id: own, cookie, destination: id, type: this.answer });
  }
}

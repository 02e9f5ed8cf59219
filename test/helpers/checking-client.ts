import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { iceOf } from '../../src/protocol/webrtc/sdp.js';
import { offerText } from './sdp.js';
import { stunRequest } from './stun.js';
import { until } from './until.js';

const EVERY_MS = 200;
/** Type of a STUN answer that accepts a check. */
const ACCEPTED = 0x0101;

/** An API for sessions, and the media port with the way to it. */
interface Target {
  readonly api: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/** A way for messages to a media port. */
interface Way {
  send(message: Buffer): void;
  close(): void;
}

/** A WebRTC client that keeps its session by checks and sends no media. */
export class CheckingClient {
  /** URL at which its session is deleted. */
  readonly #location: URL;
  #way: Way | null = null;
  #timer: NodeJS.Timeout | undefined;
  #answers = 0;
  /** Its connection has ended, which over UDP never happens. */
  hasEnded = false;

  private constructor(location: URL) {
    this.#location = location;
  }

  /** Begins a session of `live/STREAM`. */
  static async open(
    { api, port, transport }: Target,
    role: 'publish' | 'play',
    stream: string,
  ): Promise<CheckingClient> {
    const way = role === 'publish' ? 'whip' : 'whep';
    const body = offerText(role === 'publish' ? 'sendonly' : 'recvonly');
    const url = `${api}/rtc/v1/${way}/?app=live&stream=${stream}`;
    const response = await fetch(url, { method: 'POST', body });
    const text = await response.text();
    assert.equal(response.status, 201, text);
    const { ufrag = '', password = '' } = iceOf(text) ?? {};
    const client = new CheckingClient(new URL(response.headers.get('location') ?? '', api));
    await client.#begin({ username: `${ufrag}:ufrg`, password }, port, transport);
    return client;
  }

  /** Resolves when checks from now on are answered. */
  async isAnswered(): Promise<void> {
    const before = this.#answers;
    await until('checks are answered', () => this.#answers > before + 2);
  }

  /** Deletes the session; returns the status. */
  async remove(): Promise<number> {
    const { status } = await fetch(this.#location, { method: 'DELETE' });
    return status;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#way?.close();
  }

  async #begin(
    ice: { readonly username: string; readonly password: string },
    port: number,
    transport: 'udp' | 'tcp',
  ): Promise<void> {
    const way = transport === 'udp' ? await this.#overUdp(port) : await this.#overTcp(port);
    this.#way = way;
    this.#timer = setInterval(() => way.send(stunRequest(ice)), EVERY_MS);
  }

  async #overUdp(port: number): Promise<Way> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    socket.on('message', (datagram) => this.#hear(datagram));
    await once(socket, 'listening');
    const send = (message: Buffer) => socket.send(message, port, '127.0.0.1');
    return { send, close: () => socket.close() };
  }

  /** Each message has its length before it (RFC 4571). */
  async #overTcp(port: number): Promise<Way> {
    const socket = connect({ port, host: '127.0.0.1' });
    let bytes = Buffer.alloc(0);
    socket.on('data', (more: Buffer) => {
      bytes = Buffer.concat([bytes, more]);
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const end = 2 + bytes.readUInt16BE(0);
        this.#hear(bytes.subarray(2, end));
        bytes = bytes.subarray(end);
      }
    });
    for (const name of ['end', 'error']) socket.on(name, () => (this.hasEnded = true));
    await once(socket, 'connect');
    const send = (message: Buffer) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    };
    return { send, close: () => socket.destroy() };
  }

  #hear(message: Buffer): void {
    if (message.length > 1 && message.readUInt16BE(0) === ACCEPTED) this.#answers += 1;
  }
}

import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { FlvReader } from '../../src/protocol/flv/reader.js';
import { FlvTagType } from '../../src/protocol/flv/tag.js';
import { type Fingerprint, fingerprint, isMedia } from './rtmp-player.js';

/** An HTTP-FLV player that decodes nothing and keeps the fingerprint of every tag. */
export class FlvPlayer {
  /** Of audio and video tags, in order of arrival. */
  readonly tags: Fingerprint[] = [];
  /** Milliseconds of each of these tags. */
  readonly times: number[] = [];
  /** Payloads of script tags. */
  readonly scripts: string[] = [];
  bytes = 0;
  hasEnded = false;
  /** The reason for which the bytes are no FLV; '' while they are. */
  fault = '';
  status = 0;
  readonly #reader = new FlvReader();
  readonly #request: ClientRequest;

  constructor(port: number, path: string, headers: Record<string, string> = {}) {
    const end = () => {
      this.hasEnded = true;
    };
    const options = { host: '127.0.0.1', port, path, headers, agent: false };
    this.#request = get(options, (response) => this.#hear(response, end));
    this.#request.on('error', end).on('close', end);
  }

  /** Header of the file, as hexadecimal digits. */
  get header(): string {
    return this.#reader.header?.toString('hex') ?? '';
  }

  pause(): void {
    this.#request.socket?.pause();
  }

  resume(): void {
    this.#request.socket?.resume();
  }

  close(): void {
    this.#request.destroy();
  }

  #hear(response: IncomingMessage, end: () => void): void {
    this.status = response.statusCode ?? 0;
    response.on('error', end).on('close', end);
    response.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  #take(bytes: Buffer): void {
    this.bytes += bytes.length;
    this.#reader.push(bytes);
    let next = this.#reader.next();
    for (; next.kind === 'value'; next = this.#reader.next()) {
      const { typeId, timestamp, payload } = next.value;
      if (typeId === FlvTagType.script) this.scripts.push(payload.toString('hex'));
      if (!isMedia(typeId)) continue;
      this.tags.push(fingerprint(typeId, payload));
      this.times.push(timestamp);
    }
    if (next.kind === 'invalid') this.fault = next.reason;
  }
}

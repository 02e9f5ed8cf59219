import { connect, type Socket } from 'node:net';
import { openingBytes } from '../helpers/rtmp-bytes.js';

const BUFFER = Buffer.alloc(256 * 1024);

/** Bytes of a client that plays `live/STREAM`. */
export type Opening = (port: number, stream: string) => Buffer;

export const flvOpening: Opening = (port, stream) =>
  Buffer.from(`GET /live/${stream}.flv HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);

/** Plays `live/STREAM` without looking at what comes: costs next to nothing beside the reads. */
export class BlindPlayer {
  readonly #socket: Socket;
  bytes = 0;

  constructor(port: number, stream: string, opening: Opening = openingBytes) {
    const count = (size: number) => {
      this.bytes += size;
      return true;
    };
    const onread = { buffer: BUFFER, callback: count };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.on('error', () => {});
    this.#socket.write(opening(port, stream));
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  close(): void {
    this.#socket.destroy();
  }
}

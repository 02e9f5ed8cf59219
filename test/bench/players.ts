import { connect, type Socket } from 'node:net';
import { openingBytes } from '../helpers/rtmp-bytes.js';

const BUFFER = Buffer.alloc(256 * 1024);

/** Plays `live/STREAM` without looking at what comes: costs next to nothing beside the reads. */
export class BlindPlayer {
  readonly #socket: Socket;
  bytes = 0;

  constructor(port: number, stream: string) {
    const count = (size: number) => {
      this.bytes += size;
      return true;
    };
    const onread = { buffer: BUFFER, callback: count };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.on('error', () => {});
    this.#socket.write(openingBytes(port, stream));
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  close(): void {
    this.#socket.destroy();
  }
}

import { connect, type Socket } from 'node:net';
import { buildC0C1, buildC2, HANDSHAKE_SIZE } from '../../src/protocol/rtmp/handshake.js';
import { CLIENTS } from '../helpers/rtmp-bytes.js';

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

/** All that a player sends until it has said what it wants. */
export function openingBytes(port: number, stream: string): Buffer {
  const player = CLIENTS.find(({ name }) => name === 'ffmpeg plays');
  if (player === undefined) throw new Error('no bytes of a player');
  const tcUrl = `rtmp://127.0.0.1:${port}/live`;
  const zeros = Buffer.alloc(HANDSHAKE_SIZE);
  return Buffer.concat([
    buildC0C1(0, zeros),
    buildC2(zeros),
    player.build({ tcUrl, app: 'live', stream }),
  ]);
}

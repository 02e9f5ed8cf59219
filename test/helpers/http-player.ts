import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A raw HTTP client: what it is sent, and whether the other side has ended. */
export class HttpPlayer {
  readonly socket: Socket;
  /** Bytes so far. */
  size = 0;
  /** The beginning: what tests look at. */
  head = '';
  hasEnded = false;
  readonly ended: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      this.size += bytes.length;
      if (this.head.length < 4096) this.head += bytes.toString('latin1');
    });
    this.ended = once(socket, 'close').then(() => {
      this.hasEnded = true;
    });
  }

  /** Resolves when it is connected and has sent this. */
  static async open(port: number, text: string): Promise<HttpPlayer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const player = new HttpPlayer(socket);
    await once(socket, 'connect');
    socket.write(Buffer.from(text, 'latin1'));
    return player;
  }

  /** Asks for a path, with these header lines besides. */
  static get(port: number, path: string, ...headers: string[]): Promise<HttpPlayer> {
    const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers, '', ''];
    return HttpPlayer.open(port, lines.join('\r\n'));
  }

  /** Of the first answer; 0: there is none yet. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d+)/.exec(this.head)?.[1] ?? 0);
  }

  close(): void {
    this.socket.destroy();
  }
}

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A raw HTTP client with the bytes received, and whether the peer has closed. */
export class HttpPlayer {
  readonly socket: Socket;
  /** Bytes received. */
  size = 0;
  /** The first bytes, for tests. */
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

  /** Resolves when it is connected and has sent the text. */
  static async open(port: number, text: string): Promise<HttpPlayer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const player = new HttpPlayer(socket);
    await once(socket, 'connect');
    socket.write(Buffer.from(text, 'latin1'));
    return player;
  }

  /** Requests a path with additional header lines. */
  static get(port: number, path: string, ...headers: string[]): Promise<HttpPlayer> {
    const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers, '', ''];
    return HttpPlayer.open(port, lines.join('\r\n'));
  }

  /** Status of the first response; 0 before it. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d+)/.exec(this.head)?.[1] ?? 0);
  }

  close(): void {
    this.socket.destroy();
  }
}

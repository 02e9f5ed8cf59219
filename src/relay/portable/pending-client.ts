import type { Socket } from 'node:net';
import { resetSocket } from '../../system/reset-socket.js';
import type { ClientSetup, PendingClient, RelayStart } from '../client-setup.js';
import { GuardedClient } from '../guarded-client.js';
import type { RelayPair } from '../relay.js';

/** A client that was told why it is closed has so long to read that, and to close its side. */
const LINGER_MS = 1000;

/** A client between accept and relay on a socket of Node's, TCP or TLS, and the child's socket. */
export class PortablePendingClient extends GuardedClient implements PendingClient {
  readonly ip: string;
  readonly port: number;
  readonly #client: Socket;
  readonly #relay: (pair: RelayPair) => void;
  #child: Socket | null = null;
  readonly #clientSaid = (bytes: Buffer) => this.guard(() => this.setup?.clientSaid(bytes));
  readonly #clientLeft = () => this.guard(() => this.setup?.clientLeft());
  readonly #childSaid = (bytes: Buffer) => this.guard(() => this.setup?.childSaid(bytes));
  readonly #childLeft = () =>
    this.guard(() =>
      this.setup?.childLeft({ code: '', message: 'the other side closed the connection' }),
    );

  /** `relay` takes both sockets over once client and child are joined. */
  constructor(
    client: Socket,
    { ip, port }: { readonly ip: string; readonly port: number },
    relay: (pair: RelayPair) => void,
  ) {
    super();
    this.#client = client;
    this.ip = ip;
    this.port = port;
    this.#relay = relay;
  }

  /** The setup hears the client from here on: of a paused socket its end only. */
  meet(setup: ClientSetup): void {
    this.setup = setup;
    this.#client.on('error', ignore);
    this.#client.on('data', this.#clientSaid).on('end', this.#clientLeft);
    this.#client.on('close', this.#clientLeft);
    if (this.#client.destroyed || this.#client.readableEnded) this.#clientLeft();
  }

  get localIp(): string {
    return (this.#client.localAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/, '');
  }

  get unread(): number {
    return this.#client.writableLength;
  }

  get unsent(): number {
    return this.#child?.writableLength ?? 0;
  }

  answer(bytes: Buffer): void {
    if (!this.isOver) this.#client.write(bytes);
  }

  forward(bytes: Buffer): void {
    this.#child?.write(bytes);
  }

  listen(on: boolean): void {
    if (this.isOver) return;
    if (on) this.#client.resume();
    else this.#client.pause();
  }

  /** The setup hears this child from here on, which gets these bytes. */
  reach(child: Socket, opening: Buffer): void {
    if (this.isOver) {
      child.destroy();
      return;
    }
    this.hangUp();
    this.#child = child.on('error', ignore);
    child.on('data', this.#childSaid).on('end', this.#childLeft).on('close', this.#childLeft);
    child.resume().write(opening);
  }

  /** The child's side alone ends. */
  hangUp(): void {
    if (this.#child === null) return;
    this.#leave(this.#child, this.#childSaid, this.#childLeft);
    this.#child.destroy();
    this.#child = null;
  }

  join({ toClient, idleMs, watch }: RelayStart): void {
    const child = this.#child;
    if (this.isOver || child === null) return;
    this.isOver = true;
    this.#leave(this.#client, this.#clientSaid, this.#clientLeft);
    this.#leave(child, this.#childSaid, this.#childLeft);
    this.#relay({ client: this.#client, child, toClient, idleMs, ...(watch && { watch }) });
  }

  /** Returns the client's socket, paused, which is the caller's; the setup hears no more. */
  release(): Socket {
    this.isOver = true;
    this.hangUp();
    this.#leave(this.#client, this.#clientSaid, this.#clientLeft);
    return this.#client;
  }

  close(how: 'end' | 'reset', lastWords?: Buffer): void {
    this.end(how, null, lastWords);
  }

  protected end(how: 'end' | 'reset', error: unknown, lastWords?: Buffer): void {
    if (this.isOver) return;
    this.isOver = true;
    this.hangUp();
    this.#leave(this.#client, this.#clientSaid, this.#clientLeft);
    if (lastWords && !this.#client.destroyed) {
      this.#linger(lastWords, () => this.setup?.over(error));
      return;
    }
    if (how === 'reset') resetSocket(this.#client);
    else this.#client.destroy();
    this.setup?.over(error);
  }

  /** Unread bytes of the client would have the system reset it before it has read ours. */
  #linger(lastWords: Buffer, closed: () => void): void {
    const client = this.#client;
    // No idle timer: a publisher that never listens would go on for ever.
    const timer = setTimeout(() => client.destroy(), LINGER_MS);
    client.once('end', () => client.destroy());
    client.once('close', () => {
      clearTimeout(timer);
      closed();
    });
    client.end(lastWords);
    client.resume();
  }

  #leave(socket: Socket, said: (bytes: Buffer) => void, left: () => void): void {
    socket.off('data', said).off('end', left).off('close', left).pause();
  }
}

function ignore(): void {}

import { isIP } from 'node:net';
import { messageOf } from '../../errors.js';
import type { DialTarget, RelayStart, SetupHandler, ThreadClient } from '../client-setup.js';
import { GuardedClient } from '../guarded-client.js';
import type { Epoll } from './epoll.js';
import {
  close,
  EINPROGRESS,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  errno,
  errorName,
  LibcError,
  resetOnClose,
} from './libc.js';
import {
  beginConnect,
  bindSocket,
  boundName,
  connectOutcome,
  createSocket,
  IPPROTO_TCP,
  setOption,
  TCP_NODELAY,
} from './libc-sockets.js';
import { endpointOf, familyOf, nameOf } from './names.js';
import { CHILD, CLIENT, type Watched } from './pair.js';
import { NOTHING, type Scratch, SetupSocket } from './setup-socket.js';

/** The accepting thread, as a pending client uses it. */
export interface PendingClientHost {
  readonly poller: Epoll;
  readonly scratch: Scratch;
  /** The socket to the child, or -1: the control side closes it if the thread dies. */
  dialled(client: NativePendingClient, fd: number): void;
  /** Runs a step when what is being done is done. */
  later(step: () => void): void;
  join(client: NativePendingClient, joined: Joined): void;
  /** The client's descriptor is nobody's here any more. */
  handBack(client: NativePendingClient, fd: number, ticket: number, about: unknown): void;
  /** It is about to be closed. */
  closed(client: NativePendingClient): void;
}

export interface Joined extends Omit<RelayStart, 'toClient'> {
  readonly client: number;
  readonly child: number;
  readonly toClient: Buffer | null;
  readonly toChild: Buffer | null;
  readonly watched: Watched;
}

/** A client between accept and relay: its socket, the child's, and the setup that reads both. */
export class NativePendingClient extends GuardedClient implements ThreadClient {
  readonly slot: number;
  readonly generation: number;
  readonly ip: string;
  readonly port: number;
  readonly #host: PendingClientHost;
  readonly #client: SetupSocket;
  /** The socket to the child, and what is known of it once it connects. */
  #dialled = -1;
  #child: SetupSocket | null = null;

  /** `name`: the client's `struct sockaddr`. */
  constructor(
    host: PendingClientHost,
    { slot, generation, fd }: { slot: number; generation: number; fd: number },
    name: Uint8Array,
  ) {
    super();
    this.#host = host;
    this.slot = slot;
    this.generation = generation;
    const { ip, port } = endpointOf(name);
    this.ip = ip;
    this.port = port;
    this.#client = new SetupSocket(host, fd, {
      tag: 2 * slot + CLIENT,
      generation,
      connecting: false,
    });
  }

  meet(handler: SetupHandler): void {
    this.guard(() => {
      this.setup = handler.receive(this);
    });
  }

  /** Begins to hear the client; answers whether the kernel had room for that. */
  watch(): boolean {
    return this.#client.watch();
  }

  get localIp(): string {
    return endpointOf(boundName(this.#client.fd)).ip;
  }

  get unread(): number {
    return this.#client.waiting.length;
  }

  get unsent(): number {
    return this.#child?.waiting.length ?? 0;
  }

  answer(bytes: Buffer): void {
    if (!this.isOver && !this.#client.send(bytes)) this.#later(() => this.setup?.clientLeft());
  }

  forward(bytes: Buffer): void {
    if (this.#child && !this.#child.send(bytes)) this.#later(() => this.#childLeft('ECONNRESET'));
  }

  listen(on: boolean): void {
    if (!this.isOver) this.#client.listen(on);
  }

  dial(target: DialTarget, opening: Buffer): void {
    try {
      this.#dial(target, opening);
    } catch (error) {
      const code = error instanceof LibcError ? error.code : '';
      this.#later(() => this.setup?.childLeft({ code, message: messageOf(error) }));
    }
  }

  join({ toClient, ...start }: RelayStart): void {
    const child = this.#child;
    if (this.isOver || child === null) return;
    this.isOver = true;
    const first = joined(this.#client.waiting, toClient);
    const ends = { client: this.#client.fd, child: child.fd };
    const watched = { client: this.#client.mask, child: child.mask };
    const toChild = joined(child.waiting);
    this.#host.join(this, { ...ends, toClient: first, toChild, watched, ...start });
  }

  handBack(ticket: number, about: unknown): void {
    if (this.isOver) return;
    this.#hangUp();
    this.isOver = true;
    this.#host.handBack(this, this.#client.letGo(), ticket, about);
    this.setup?.over(null);
  }

  close(how: 'end' | 'reset', lastWords: Buffer = NOTHING): void {
    if (!this.isOver) this.#client.send(lastWords);
    this.end(how, null);
  }

  protected end(how: 'end' | 'reset', error: unknown): void {
    if (this.isOver) return;
    this.#hangUp();
    this.isOver = true;
    if (how === 'reset') resetOnClose(this.#client.fd);
    this.#host.closed(this);
    this.#client.close();
    this.setup?.over(error);
  }

  /** Acts on what epoll saw on one side. */
  handle(side: number, events: number): void {
    this.guard(() => {
      if (side === CLIENT) this.#handleClient(events);
      else if (this.#child) this.#handleChild(this.#child, events);
    });
  }

  #handleClient(events: number): void {
    const isBroken = (events & EPOLLOUT) !== 0 && !this.#client.flush();
    if (isBroken) this.setup?.clientLeft();
    else if (events & EPOLLIN && !this.#client.reads) this.#client.hush();
    else if (events & EPOLLIN) this.#hearClient(this.#client.receive());
    else if (events & (EPOLLERR | EPOLLHUP)) this.setup?.clientLeft();
  }

  #hearClient(bytes: Buffer | null): void {
    if (bytes === null) this.setup?.clientLeft();
    else if (bytes.length > 0) this.setup?.clientSaid(bytes);
  }

  #handleChild(child: SetupSocket, events: number): void {
    if (child.connecting) this.#settle(child);
    else if (events & EPOLLOUT && !child.flush()) this.#childLeft('ECONNRESET');
    else if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
      this.#hearChild(child.receive());
    }
  }

  #hearChild(bytes: Buffer | null): void {
    if (bytes === null) this.#childLeft('');
    else if (bytes.length > 0) this.setup?.childSaid(bytes);
  }

  /** A connection that was in progress is there, or has failed. */
  #settle(child: SetupSocket): void {
    const outcome = connectOutcome(child.fd);
    if (outcome === 0) child.connected();
    if (outcome !== 0) this.#childLeft(errorName(outcome), 'connect: ');
    else if (!child.flush()) this.#childLeft('ECONNRESET');
  }

  #dial({ host, port, from }: DialTarget, opening: Buffer): void {
    if (isIP(host) === 0) throw new Error(`${host} is no address`);
    const family = familyOf(host);
    const fd = createSocket(family);
    this.#dialled = fd;
    this.#host.dialled(this, fd);
    setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (from !== null) bindSocket(fd, nameOf({ ip: from, port: 0 }, family));
    const outcome = beginConnect(fd, nameOf({ ip: host, port }, family));
    if (outcome !== 0 && outcome !== EINPROGRESS) throw new LibcError('connect', outcome);
    const ids = { tag: 2 * this.slot + CHILD, generation: this.generation };
    this.#child = new SetupSocket(this.#host, fd, { ...ids, connecting: outcome !== 0 });
    // On loopback the connection is there when the call returns, though that says EINPROGRESS.
    if (!this.#child.send(opening)) throw new LibcError('connect', errno());
    if (!this.#child.watch()) throw new Error('epoll has no room');
  }

  #childLeft(code: string, call = ''): void {
    const message = code === '' ? 'the other side closed the connection' : `${call}${code}`;
    this.setup?.childLeft({ code, message });
  }

  /** The child's side alone ends. */
  #hangUp(): void {
    if (this.#dialled < 0) return;
    this.#host.dialled(this, -1);
    close(this.#dialled);
    this.#dialled = -1;
    this.#child = null;
  }

  /** A setup that is in the middle of a step hears only behind it what came of that. */
  #later(step: () => void): void {
    this.#host.later(() => this.guard(step));
  }
}

/** Null for nothing. */
function joined(...parts: readonly Buffer[]): Buffer | null {
  const [bytes = NOTHING] = parts.length > 1 ? [Buffer.concat(parts)] : parts;
  return bytes.length > 0 ? bytes : null;
}

import type { Logger } from '../../logging/logger.js';
import type {
  SessionEnd,
  SessionOptions,
  UdpClient,
  UdpEndpoint,
  UdpRelay,
  UdpRelayOptions,
  UdpSession,
} from '../udp.js';
import { NativeUdpRelay } from './udp.js';

/** Clients whose thread is remembered; beyond that the one that was first is forgotten. */
const MAX_HEARD = 64 * 1024;

/** A session of one of the threads. */
class GroupSession implements UdpSession {
  readonly thread: number;
  readonly mark: Buffer | undefined;
  readonly #inner: UdpSession;
  readonly #moved: (session: GroupSession, client: UdpClient) => void;

  constructor(
    inner: UdpSession,
    thread: number,
    mark: Buffer | undefined,
    moved: (session: GroupSession, client: UdpClient) => void,
  ) {
    this.#inner = inner;
    this.thread = thread;
    this.mark = mark;
    this.#moved = moved;
  }

  get bytesIn(): number {
    return this.#inner.bytesIn;
  }

  get bytesOut(): number {
    return this.#inner.bytesOut;
  }

  get ended(): Promise<SessionEnd> {
    return this.#inner.ended;
  }

  send(datagram: Buffer): void {
    this.#inner.send(datagram);
  }

  move(client: UdpClient): void {
    this.#inner.move(client);
    this.#moved(this, client);
  }

  destroy(): void {
    this.#inner.destroy();
  }
}

/**
 * One UDP port on several threads, each with a socket of its own (SO_REUSEPORT): the kernel gives
 * all that a client sends to one of them, and its session is opened there. A client that moved to an
 * address of another thread is carried by way of this one: rare, slower, and nothing is lost by it.
 */
export class NativeUdpGroup implements UdpRelay {
  readonly port: number;
  readonly #options: UdpRelayOptions;
  readonly #threads: NativeUdpRelay[] = [];
  /** Which thread hears an address: the kernel does not look at tags. */
  readonly #heard = new Map<string, number>();
  readonly #byClient = new Map<string, GroupSession>();
  readonly #keyOf = new Map<GroupSession, string>();

  private constructor(options: UdpRelayOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  /** One thread for each of `cpus`; null: it runs anywhere. Rejects when the port cannot be had. */
  static async open(
    options: UdpRelayOptions,
    logger: Logger,
    cpus: readonly (number | null)[],
  ): Promise<NativeUdpGroup> {
    // By itself first: a port that others share would be taken from them without a word.
    const alone = new NativeUdpRelay({ ...options, maxSessions: 1 });
    await alone.close();
    const group = new NativeUdpGroup(options, alone.port);
    try {
      for (const cpu of cpus) group.#start(logger, cpu);
      return group;
    } catch (error) {
      await group.close();
      throw error;
    }
  }

  open(
    client: UdpClient,
    child: UdpEndpoint,
    first: readonly Buffer[],
    options: SessionOptions = {},
  ): UdpSession | null {
    if (this.#keyOf.size >= this.#options.maxSessions) return null;
    const key = keyOf(client);
    const thread = this.#heard.get(addressOf(client)) ?? 0;
    const inner = this.#threads[thread]?.open(client, child, first, options);
    if (!inner) return null;
    const moved = (session: GroupSession, to: UdpClient) => this.#know(session, keyOf(to));
    const session = new GroupSession(inner, thread, options.mark, moved);
    this.#know(session, key);
    inner.ended.then(() => this.#forget(session));
    return session;
  }

  send(datagram: Buffer, to: UdpEndpoint): void {
    this.#threads[0]?.send(datagram, to);
  }

  answerBy(settings: unknown): void {
    for (const thread of this.#threads) thread.answerBy(settings);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #start(logger: Logger, cpu: number | null): void {
    const index = this.#threads.length;
    const { address } = this.#options;
    const onStranger = (datagram: Buffer, from: UdpEndpoint) => this.#meet(index, datagram, from);
    const options = { ...this.#options, address: { ...address, port: this.port }, onStranger };
    this.#threads.push(new NativeUdpRelay(options, logger, cpu, true));
  }

  #meet(thread: number, datagram: Buffer, from: UdpEndpoint): void {
    const { tagAt = -1 } = this.#options;
    const isTagged = tagAt >= 0 && datagram.length >= tagAt + 4;
    const key = keyOf(isTagged ? { ...from, tag: datagram.readUInt32BE(tagAt) } : from);
    const session = this.#byClient.get(key);
    if (session && session.thread !== thread && !this.#isChecked(datagram, session)) {
      session.send(datagram);
      return;
    }
    this.#remember(addressOf(from), thread);
    this.#options.onStranger(datagram, from);
  }

  #isChecked(datagram: Buffer, { mark }: GroupSession): boolean {
    const { checkedBelow = 0 } = this.#options;
    return (datagram[0] ?? 0) < checkedBelow && !(mark && datagram.includes(mark));
  }

  #remember(address: string, thread: number): void {
    this.#heard.delete(address);
    this.#heard.set(address, thread);
    const [oldest] = this.#heard.size > MAX_HEARD ? this.#heard.keys() : [];
    if (oldest !== undefined) this.#heard.delete(oldest);
  }

  #know(session: GroupSession, key: string): void {
    this.#forget(session);
    this.#byClient.set(key, session);
    this.#keyOf.set(session, key);
  }

  #forget(session: GroupSession): void {
    const key = this.#keyOf.get(session) ?? '';
    this.#keyOf.delete(session);
    if (this.#byClient.get(key) === session) this.#byClient.delete(key);
  }
}

function addressOf({ ip, port }: UdpEndpoint): string {
  return `${ip} ${port}`;
}

function keyOf(client: UdpClient): string {
  return `${addressOf(client)} ${client.tag ?? ''}`;
}

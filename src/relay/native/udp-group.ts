import type { Logger } from '../../logging/logger.js';
import type { KeptUdpSession } from '../kept-udp.js';
import type {
  GivenUdpPort,
  KeepingUdp,
  SessionOptions,
  UdpClient,
  UdpEndpoint,
  UdpRelay,
  UdpRelayOptions,
  UdpSession,
} from '../udp.js';
import { boundPort } from './libc-sockets.js';
import { NativeUdpRelay } from './udp.js';
import type { UdpPlace } from './udp-shared.js';

/** Clients whose thread is remembered; beyond that the one that was first is forgotten. */
const MAX_HEARD = 64 * 1024;

/** A session, the thread that has it, and its mark. */
interface GroupSession {
  readonly session: UdpSession;
  readonly thread: number;
  readonly mark: Buffer | undefined;
  /** The address of ours that the client sent to last. */
  local: string | undefined;
}

/**
 * One UDP port on several threads, each with a socket of its own (SO_REUSEPORT): the kernel gives
 * all that a client sends to one of them, and its session is opened there. A client that moved to
 * an address of another thread is carried by way of this one: rare, slower, and nothing is lost by
 * it.
 */
export class NativeUdpGroup implements UdpRelay {
  readonly port: number;
  readonly keeping: KeepingUdp = {
    give: () => this.#give(),
    take: (kept) => this.#take(kept),
  };
  readonly #options: UdpRelayOptions;
  readonly #threads: NativeUdpRelay[] = [];
  /** The thread that hears an address: the kernel does not look at tags. */
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
    // One socket alone comes first: a port that another program shares would be taken silently.
    const alone = new NativeUdpRelay({ ...options, maxSessions: 1 });
    await alone.close();
    const group = new NativeUdpGroup(options, alone.port);
    try {
      for (const cpu of cpus) group.#start(logger, { cpu, sharesPort: true });
      return group;
    } catch (error) {
      await group.close();
      throw error;
    }
  }

  /** Goes on with the sockets that the program before this one has left, one for each thread. */
  static goOn(
    options: UdpRelayOptions,
    logger: Logger,
    { sockets, cpus }: Pick<GivenUdpPort, 'sockets' | 'cpus'>,
  ): NativeUdpGroup {
    const group = new NativeUdpGroup(options, boundPort(sockets[0] ?? -1));
    for (const [index, left] of sockets.entries()) {
      group.#start(logger, { cpu: cpus[index] ?? null, left });
    }
    return group;
  }

  open(
    client: UdpClient,
    child: UdpEndpoint,
    first: readonly Buffer[],
    options: SessionOptions = {},
  ): UdpSession | null {
    if (this.#keyOf.size >= this.#options.maxSessions) return null;
    const thread = this.#heard.get(addressOf(client)) ?? 0;
    return this.#keep({ client, thread, mark: options.mark }, (moved) => {
      return this.#threads[thread]?.open(client, child, first, { ...options, moved });
    });
  }

  /** Remembers a session that a thread opens. */
  #keep(
    { client, ...place }: Pick<GroupSession, 'thread' | 'mark'> & { readonly client: UdpClient },
    open: (moved: (to: UdpClient) => void) => UdpSession | null | undefined,
  ): UdpSession | null {
    let known: GroupSession | null = null;
    const session = open((to) => known && this.#know(known, keyOf(to)));
    if (!session) return null;
    const one = { ...place, session, local: client.local };
    known = one;
    this.#know(one, keyOf(client));
    void session.ended.then(() => this.#forget(one));
    return session;
  }

  async #give(): Promise<GivenUdpPort> {
    const given = await Promise.all(this.#threads.map(({ keeping }) => keeping.give()));
    return {
      sockets: given.flatMap(({ sockets }) => sockets),
      cpus: given.flatMap(({ cpus }) => cpus),
      sessions: given.flatMap(({ sessions }, thread) =>
        sessions.map(({ kept, session }) => ({ kept: { ...kept, thread }, session })),
      ),
    };
  }

  #take(kept: KeptUdpSession): UdpSession | null {
    const { client, thread } = kept;
    const mark = kept.mark === null ? undefined : Buffer.from(kept.mark);
    this.#remember(addressOf(client), thread);
    return this.#keep({ client, thread, mark }, (moved) =>
      this.#threads[thread]?.take(kept, moved),
    );
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

  #start(logger: Logger, place: UdpPlace): void {
    const index = this.#threads.length;
    const { address } = this.#options;
    const onStranger = (datagram: Buffer, from: UdpEndpoint) => this.#meet(index, datagram, from);
    const options = { ...this.#options, address: { ...address, port: this.port }, onStranger };
    this.#threads.push(new NativeUdpRelay(options, logger, place));
  }

  #meet(thread: number, datagram: Buffer, from: UdpEndpoint): void {
    const { tagAt = -1 } = this.#options;
    const isTagged = tagAt >= 0 && datagram.length >= tagAt + 4;
    const client = isTagged ? { ...from, tag: datagram.readUInt32BE(tagAt) } : from;
    const key = keyOf(client);
    const known = this.#byClient.get(key);
    if (known && known.thread !== thread && !this.#isChecked(datagram, known)) {
      // The kernel chooses the thread by our address, too.
      if (known.local !== client.local) known.session.move(client);
      known.local = client.local;
      known.session.send(datagram);
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

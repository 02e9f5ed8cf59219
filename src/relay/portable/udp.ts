import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { Address } from '../../config/config.js';
import { codeOf } from '../../errors.js';
import { Answers } from '../answerer.js';
import { ClientTable, NO_TAG } from '../client-table.js';
import { IdleClock, type IdlePlace } from '../idle.js';
import type {
  SessionEnd,
  SessionOptions,
  UdpClient,
  UdpEndpoint,
  UdpRelay,
  UdpRelayOptions,
  UdpSession,
} from '../udp.js';

const TICK_MS = 1000;
/** Datagrams that wait for a session's socket to be connected: a turn of the event loop. */
const MAX_WAITING = 64;

class PortableSession implements UdpSession {
  readonly ended: Promise<SessionEnd>;
  readonly idleMs: number;
  client: UdpClient;
  activeAt = performance.now();
  idlePlace: IdlePlace | null = null;
  bytesIn = 0;
  bytesOut = 0;
  readonly #relay: PortableUdpRelay;
  readonly #socket: Socket;
  #waiting: Buffer[] | null = [];
  readonly #mark: Buffer | undefined;
  #heard: SessionOptions['heard'];
  #resolve: (end: SessionEnd) => void = () => {};

  constructor(
    relay: PortableUdpRelay,
    client: UdpClient,
    child: UdpEndpoint,
    options: SessionOptions,
  ) {
    this.#relay = relay;
    this.client = client;
    this.idleMs = relay.options.idleMs;
    this.#mark = options.mark;
    this.#heard = options.heard;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#socket = createSocket(isIPv6(child.ip) ? 'udp6' : 'udp4');
    this.#socket.on('message', (datagram) => this.#fromChild(datagram));
    this.#socket.once('connect', () => this.#connected());
    if (options.from === undefined) this.#connect(child);
    else this.#connectFrom(options.from, child);
  }

  get isHeld(): boolean {
    return this.#heard !== undefined;
  }

  send(datagram: Buffer): void {
    if (this.#waiting === null) this.#send(datagram);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(datagram);
  }

  /** Answers whether a datagram from the client's address belongs to this session. */
  owns(datagram: Buffer): boolean {
    const { checkedBelow = 0 } = this.#relay.options;
    if ((datagram[0] ?? 0) >= checkedBelow) return true;
    return this.#mark !== undefined && datagram.includes(this.#mark);
  }

  /** Takes a datagram of the client's. */
  relay(datagram: Buffer): void {
    this.send(datagram);
    if (this.#relay.isFarewell(datagram)) this.end('farewell');
  }

  move(client: UdpClient): void {
    this.#relay.move(this, client);
    this.#heard = undefined;
  }

  destroy(): void {
    this.end('destroyed');
  }

  end(end: SessionEnd): void {
    if (!this.#relay.forget(this)) return;
    this.#socket.close();
    this.#resolve(end);
  }

  /** Sends from an address that this machine may not have. */
  #connectFrom(address: string, child: UdpEndpoint): void {
    const connect = () => this.#relay.has(this) && this.#connect(child);
    this.#socket.once('error', connect);
    this.#socket.bind({ address }, () => {
      this.#socket.off('error', connect);
      connect();
    });
  }

  #connect(child: UdpEndpoint): void {
    this.#socket.on('error', () => this.end('child-gone'));
    this.#socket.connect(child.port, child.ip);
  }

  #connected(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const datagram of waiting) this.#send(datagram);
  }

  #send(datagram: Buffer): void {
    this.activeAt = performance.now();
    this.bytesIn += datagram.length;
    this.#socket.send(datagram);
  }

  #fromChild(datagram: Buffer): void {
    this.activeAt = performance.now();
    if (this.#heard) {
      this.#heard(datagram);
      return;
    }
    this.bytesOut += datagram.length;
    this.#relay.send(datagram, this.client);
    if (this.#relay.isFarewell(datagram)) this.end('farewell');
  }
}

/** The UDP relay for every platform, on Node's dgram: 4100 ms of CPU per Gbit. */
export class PortableUdpRelay implements UdpRelay {
  readonly options: UdpRelayOptions;
  readonly keeping = null;
  readonly #socket: Socket;
  readonly #answers: Answers | null;
  readonly #byClient = new ClientTable<string, PortableSession>();
  readonly #sessions = new Set<PortableSession>();
  readonly #idle = new IdleClock<PortableSession>(performance.now());
  readonly #timer: NodeJS.Timeout;

  private constructor(options: UdpRelayOptions, socket: Socket, answers: Answers | null) {
    this.options = options;
    this.#socket = socket;
    this.#answers = answers;
    socket.on('message', (datagram, from) => this.#fromClient(datagram, from));
    this.#timer = setInterval(() => this.#endIdle(), TICK_MS).unref();
  }

  /** Rejects with Node's system error when the port cannot be had. */
  static async open(options: UdpRelayOptions): Promise<PortableUdpRelay> {
    const answers = options.answerer ? await Answers.load(options.answerer) : null;
    const socket = await bind(options.address);
    // A datagram that cannot be sent is lost, as it may be anywhere on its way.
    socket.on('error', () => {});
    return new PortableUdpRelay(options, socket, answers);
  }

  get port(): number {
    return (this.#socket.address() as AddressInfo).port;
  }

  open(
    client: UdpClient,
    child: UdpEndpoint,
    first: readonly Buffer[],
    options: SessionOptions = {},
  ): UdpSession | null {
    if (this.#sessions.size >= this.options.maxSessions) return null;
    const session = new PortableSession(this, client, child, options);
    this.#sessions.add(session);
    if (!session.isHeld) this.#byClient.set(keyOf(client), client.tag ?? NO_TAG, session);
    this.#idle.add(session);
    for (const datagram of first) session.send(datagram);
    return session;
  }

  send(datagram: Buffer, { ip, port }: UdpEndpoint): void {
    const isMapped = this.#socket.address().family === 'IPv6' && !isIPv6(ip);
    // With a callback an unreachable client is no error event.
    this.#socket.send(datagram, port, isMapped ? `::ffff:${ip}` : ip, () => {});
  }

  answerBy(settings: unknown): void {
    this.#answers?.changeTo(settings);
  }

  move(session: PortableSession, client: UdpClient): void {
    if (!this.#sessions.has(session)) return;
    this.#forgetClient(session);
    session.client = client;
    this.#byClient.set(keyOf(client), client.tag ?? NO_TAG, session);
  }

  has(session: PortableSession): boolean {
    return this.#sessions.has(session);
  }

  isFarewell(datagram: Buffer): boolean {
    return datagram.length > 1 && datagram.readUInt16BE() === this.options.farewell;
  }

  /** Answers whether it was still known. */
  forget(session: PortableSession): boolean {
    this.#forgetClient(session);
    this.#idle.remove(session);
    return this.#sessions.delete(session);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const session of this.#sessions) session.destroy();
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #fromClient(datagram: Buffer, { address, port }: RemoteInfo): void {
    const from = { ip: address.replace(/^::ffff:(?=\d+\.)/, ''), port };
    const session = this.#byClient.get(keyOf(from), this.#tagOf(datagram));
    if (session?.owns(datagram)) session.relay(datagram);
    else this.#meetStranger(datagram, from);
  }

  #meetStranger(datagram: Buffer, from: UdpEndpoint): void {
    const answer = this.#answers?.to(datagram, from) ?? null;
    if (answer === null) this.options.onStranger(datagram, from);
    else this.send(answer, from);
  }

  #tagOf(datagram: Buffer): number {
    const { tagAt } = this.options;
    if (tagAt === undefined || datagram.length < tagAt + 4) return NO_TAG;
    return datagram.readUInt32BE(tagAt);
  }

  #forgetClient(session: PortableSession): void {
    const { client } = session;
    this.#byClient.delete(keyOf(client), client.tag ?? NO_TAG, session);
  }

  #endIdle(): void {
    for (const session of this.#idle.expired(performance.now())) session.end('idle');
  }
}

/** Every address of the machine, where none is named: IPv4 alone on one without IPv6. */
async function bind({ host, port }: Address): Promise<Socket> {
  if (host !== undefined) return bindTo(host, port);
  try {
    return await bindTo('::', port);
  } catch (error) {
    if (codeOf(error) !== 'EAFNOSUPPORT') throw error;
    return bindTo('0.0.0.0', port);
  }
}

async function bindTo(host: string, port: number): Promise<Socket> {
  const [type, family] = isIPv6(host) ? (['udp6', 6] as const) : (['udp4', 4] as const);
  // A datagram goes out in the same turn, before the socket closes: no address is looked up.
  const socket = createSocket({ type, lookup: (ip, _options, done) => done(null, ip, family) });
  const listening = once(socket, 'listening');
  socket.bind(port, host);
  await listening;
  return socket;
}

function keyOf({ ip, port }: UdpEndpoint): string {
  return `${ip} ${port}`;
}

import type { Address } from '../config/config.js';
import type { KeptUdpPort, KeptUdpSession } from './kept-udp.js';

/** The source or the destination of datagrams. */
export interface UdpEndpoint {
  readonly ip: string;
  readonly port: number;
  /**
   * The address of this machine that it sends to, which has to be the source of what it hears. Told
   * by the native engine where the port listens at every address.
   */
  readonly local?: string;
}

/** A client; where the relay has `tagAt`, one of those at its address. */
export interface UdpClient extends UdpEndpoint {
  /** The 32 bits that the client's datagrams carry there. */
  readonly tag?: number;
}

/** The reason of a session's end; `child-gone`: nothing listens at the child's port any more. */
export type SessionEnd = 'idle' | 'child-gone' | 'farewell' | 'destroyed';

/**
 * Answers strangers where their datagrams are read, be it in a thread, so that a flood of questions
 * costs nobody else's time.
 */
export interface Answerer {
  /** URL of an `AnswererModule`. */
  readonly module: string;
  /** Its rules: any value that can be copied to a thread. */
  readonly settings: unknown;
}

/** The exports of an answerer's module. */
export interface AnswererModule {
  /** null: the datagram goes to `onStranger`, and so it does with an answer longer than itself. */
  readonly makeAnswer: (
    settings: unknown,
  ) => (datagram: Buffer, from: UdpEndpoint) => Buffer | null;
}

export interface UdpRelayOptions {
  /** The address of the port. Without a host: every address, IPv6 and IPv4. */
  readonly address: Address;
  /** Sessions at one time. */
  readonly maxSessions: number;
  /** A session that is silent both ways for so long ends. */
  readonly idleMs: number;
  /** The offset of 32 bits that tell the sessions of one address apart; default: there are none. */
  readonly tagAt?: number;
  /** The first 16 bits of a session's last datagram, from either side; default: it has none. */
  readonly farewell?: number;
  /**
   * A datagram whose first byte is below this goes to `onStranger` unless it holds its session's
   * mark: so a client's next session can be told from the one that it had. Default: none does.
   */
  readonly checkedBelow?: number;
  /**
   * Datagrams that come closer together than this many ms wait for one another for so long: a
   * wake-up costs more than a datagram does. Default: 0.5.
   */
  readonly gatherMs?: number;
  /** Asked before `onStranger`, by the thread that heard the datagram and has no session for it. */
  readonly answerer?: Answerer;
  /** Called for each datagram from an address (and with a tag) that has no session. */
  readonly onStranger: (datagram: Buffer, from: UdpEndpoint) => void;
}

export interface SessionOptions {
  /** Bytes that the client's own datagrams hold, of those that are checked. */
  readonly mark?: Buffer;
  /** The address that the child sees, where this machine has it. */
  readonly from?: string;
  /**
   * Holds the session until it is moved: what the child sends is heard here, and the client is a
   * stranger still.
   */
  readonly heard?: (datagram: Buffer) => void;
}

/** One client and its child: a conversation that lasts while it is not silent. */
export interface UdpSession {
  /** Bytes from the client to the child so far. */
  readonly bytesIn: number;
  /** Bytes from the child to the client so far. */
  readonly bytesOut: number;
  /** Resolves, never rejects, when nothing is relayed any more. */
  readonly ended: Promise<SessionEnd>;
  /** Sends the child a datagram of our own. */
  send(datagram: Buffer): void;
  /** The client sends from another address now; what comes from the old one is a stranger's. */
  move(client: UdpClient): void;
  destroy(): void;
}

/** A UDP port that is given away, with the sessions as they were here. */
export interface GivenUdpPort extends Pick<KeptUdpPort, 'sockets' | 'cpus'> {
  readonly sessions: readonly { readonly kept: KeptUdpSession; readonly session: UdpSession }[];
}

/** A UDP relay whose sessions outlive the program. */
export interface KeepingUdp {
  /**
   * Stops relaying, and gives port and sessions away with their descriptors. The given sessions
   * never end here; those that are held do. Never rejects.
   */
  give(): Promise<GivenUdpPort>;
  /** Goes on with a session that the program before this one gave away; null: no room. */
  take(kept: KeptUdpSession): UdpSession | null;
}

/** One public UDP port, shared by all clients. Each session has a port of its own to the child. */
export interface UdpRelay {
  readonly port: number;
  /** `first` goes to the child before what the client sends next. null: no room for a session. */
  open(
    client: UdpClient,
    child: UdpEndpoint,
    first: readonly Buffer[],
    options?: SessionOptions,
  ): UdpSession | null;
  /** Sends a datagram of our own, at once: maybe before what was asked for earlier. */
  send(datagram: Buffer, to: UdpEndpoint): void;
  /** The answerer goes by these settings from soon on. */
  answerBy(settings: unknown): void;
  /** Null: its sessions end with the program. */
  readonly keeping: KeepingUdp | null;
  /** Ends all sessions; resolves when the port is free. */
  close(): Promise<void>;
}

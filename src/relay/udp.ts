import type { Address } from '../config/config.js';

/** Where datagrams come from, or go to. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** Why a session ended: `child-gone` when nobody listens at the child's port any more. */
export type SessionEnd = 'idle' | 'child-gone' | 'destroyed';

export interface UdpRelayOptions {
  /** Where clients send to. Without a host: every address, IPv6 and IPv4. */
  readonly address: Address;
  /** Sessions at one time. */
  readonly maxSessions: number;
  /** A session that is silent both ways for so long ends. */
  readonly idleMs: number;
  /** Called for each datagram from an address that has no session. */
  readonly onStranger: (datagram: Buffer, from: Endpoint) => void;
}

/** One client and its child: a conversation that lasts while it is not silent. */
export interface UdpSession {
  /** Bytes from the client to the child so far. */
  readonly bytesIn: number;
  /** Bytes from the child to the client so far. */
  readonly bytesOut: number;
  /** Resolves, never rejects, when nothing is relayed any more. */
  readonly ended: Promise<SessionEnd>;
  /** The client sends from another address now; what comes from the old one is a stranger's. */
  move(client: Endpoint): void;
  destroy(): void;
}

/** One public UDP port, shared by all clients. Each session has a port of its own to the child. */
export interface UdpRelay {
  readonly port: number;
  /** `first` goes to the child before what the client sends next. null: no room for a session. */
  open(client: Endpoint, child: Endpoint, first: readonly Buffer[]): UdpSession | null;
  /** Sends a datagram of our own. */
  send(datagram: Buffer, to: Endpoint): void;
  /** Ends all sessions; resolves when the port is free. */
  close(): Promise<void>;
}

/**
 * Clients that the relay's own threads let in. A *setup handler* is a module that the threads load:
 * it answers clients as they arrive, has their children dialled, and has each pair relayed by the
 * thread that accepted the client. The relay knows nothing of what is spoken meanwhile.
 */
import type { AddressInfo, Socket } from 'node:net';
import type { Address } from '../config/config.js';
import type { ClientWatch } from './client-watch.js';
import type { RelayedConnection } from './relayed.js';

/** The address of a child, and the local one to dial it from (null: the kernel's choice). */
export interface DialTarget {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  readonly from: string | null;
}

/** The reason that a child's connection ended or never began; `code` is the system's, or empty. */
export interface ChildFault {
  readonly code: string;
  readonly message: string;
}

export interface RelayStart {
  /** Bytes that the client gets before the child's. */
  readonly toClient: Buffer;
  readonly idleMs: number;
  /** Hears the client before its child; null: nobody does. */
  readonly watch: ClientWatch | null;
  /** Names the pair to the control side. */
  readonly ticket: number;
}

/** A client that is accepted and not relayed yet, on any kind of socket. Nothing here throws. */
export interface PendingClient {
  readonly ip: string;
  readonly port: number;
  /** IP address that the client has connected to. */
  readonly localIp: string;
  /** Bytes that the client has not taken yet, and those that the child has not. */
  readonly unread: number;
  readonly unsent: number;
  /** Sends to the client; what finds no room waits. */
  answer(bytes: Buffer): void;
  /** Sends to the child that was dialled; what finds no room waits. */
  forward(bytes: Buffer): void;
  /** Reads from the client, or stops that. A client that breaks off is noticed either way. */
  listen(on: boolean): void;
  /** Client and child are relayed from here on; the setup hears no more, but its watch may. */
  join(start: RelayStart): void;
  /** In order, behind some last words, or by a reset; the child is hung up on. */
  close(how: 'end' | 'reset', lastWords?: Buffer): void;
}

/** A client that a relay thread has accepted. */
export interface ThreadClient extends PendingClient {
  /**
   * Connects to a child, which gets these bytes. A failure is told by `ClientSetup.childLeft`,
   * never before this returns.
   */
  dial(target: DialTarget, opening: Buffer): void;
  /** The control side gets the client, with what it needs to go on; the child is hung up on. */
  handBack(ticket: number, about: unknown): void;
}

/** Events of one pending client. An error thrown by one of these closes that client only. */
export interface ClientSetup {
  /** The bytes are the setup's own. */
  clientSaid(bytes: Buffer): void;
  clientLeft(): void;
  childSaid(bytes: Buffer): void;
  childLeft(fault: ChildFault): void;
  /** Closed, or handed back: the last word. `error`: what the setup threw, if that was why. */
  over(error: unknown): void;
}

/** A relay thread, as its handler uses it. */
export interface SetupThread {
  /** Says something to the control side; plain values. */
  tell(message: unknown): void;
  /** Lets clients in at a socket that listens; it stays the control side's. */
  open(fd: number): void;
  /** Lets nobody in any more. */
  shut(): void;
}

export interface SetupHandler {
  /** Null: the client has been closed. */
  receive(client: ThreadClient): ClientSetup | null;
  /** Makes a watch again from its state, for a pair that the control side hands over. */
  watch(state: unknown): ClientWatch;
  /** The system lets nobody in for a moment, by this error (`EMFILE`, …). */
  full(reason: string): void;
  /** Something that the control side says. */
  hear(message: unknown): void;
  /** About twice a second. */
  tick(now: number): void;
}

/** The exports of a setup module. */
export interface SetupModule {
  makeSetupHandler(settings: unknown, thread: SetupThread): SetupHandler;
}

/** Sockets that listen on one port: the kernel spreads connections over them. */
export interface SharedPort {
  /** The descriptor of each. */
  readonly sockets: readonly number[];
  readonly bound: AddressInfo;
  close(): void;
}

/** A relay thread, as the control side of its handler uses it. */
export interface HandlerThread {
  /** Sends a message to the handler; plain values. */
  say(message: unknown): void;
  /** Resolves when the thread is gone: with why, unless it was asked to end. */
  readonly gone: Promise<string | null>;
}

/** The control side of the setup handler on one thread. */
export interface SetupLink {
  /** A pair of the handler's is relayed. */
  joined(ticket: number, connection: RelayedConnection): void;
  /** The handler has handed a client back, with a note of its own. */
  handedBack(ticket: number, client: Socket, about: unknown): void;
  heard(message: unknown): void;
}

/** A setup handler for every thread, and its control side. */
export interface Employment {
  /** The URL of a `SetupModule`. */
  readonly module: string;
  /** For each thread, by its index: also for one that takes the place of a dead one. */
  readonly begin: (index: number, thread: HandlerThread) => { settings: unknown; link: SetupLink };
}

/** The threads of an engine, as far as they let clients in themselves. */
export interface SetupThreads {
  readonly threadCount: number;
  /**
   * Listens at an address by one socket a thread, or at sockets that listen already. Throws an
   * error with the system's code.
   */
  listen(address: Address, backlog: number, open?: readonly number[]): SharedPort;
  /** Every thread loads the handler; null: new threads get none any more. */
  employ(employment: Employment | null): void;
}

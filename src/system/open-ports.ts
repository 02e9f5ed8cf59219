import type { Server } from 'node:net';
import { descriptorOf } from './descriptor-of.js';

/** A port that listens, as one program leaves it to the next one in its process. */
export interface KeptPort {
  /** The configuration's key, or another name that no other port has. */
  readonly key: string;
  /** The address as configured: `host:port`, where the host may be missing and the port 0. */
  readonly address: string;
  /** The descriptors of its sockets. */
  readonly sockets: readonly number[];
}

/** A port of this program. */
export interface OpenPort {
  readonly key: string;
  readonly address: string;
  readonly sockets: () => readonly number[];
  /**
   * Lets nobody in any more, and resolves when those have left who may soon: the caller sets a
   * limit. Clients that come wait in a duplicate of the socket.
   */
  readonly stop: () => Promise<void>;
}

/** Where a server is to listen. */
export interface Place {
  readonly host?: string;
  readonly port: number;
  readonly backlog?: number;
}

/** Milliseconds between two looks for idle connections of a server that stops. */
const IDLE_MS = 50;

const open = new Set<OpenPort>();
/** Ports of the program before this one that nobody has taken over yet, by key. */
const left = new Map<string, KeptPort>();

/** Notes the ports that the program before this one has left. */
export function receivePorts(ports: readonly KeptPort[]): void {
  for (const port of ports) left.set(port.key, port);
}

/**
 * Returns the sockets of a port that was left with this address, once; none: it is to be opened.
 */
export function takePort(key: string, { host = '', port }: Place): readonly number[] {
  const found = left.get(key);
  if (found === undefined || found.address !== `${host}:${port}`) return [];
  left.delete(key);
  return found.sockets;
}

/** Returns the sockets of ports that nobody has taken over, and forgets them. */
export function unusedSockets(): number[] {
  const unused = [...left.values()].flatMap(({ sockets }) => sockets);
  left.clear();
  return unused;
}

/** Notes a port that is open; returns a function that forgets it. */
export function noteOpen(
  key: string,
  { host = '', port }: Place,
  of: Pick<OpenPort, 'sockets' | 'stop'>,
): () => void {
  const noted = { key, address: `${host}:${port}`, ...of };
  open.add(noted);
  return () => void open.delete(noted);
}

/** Returns the ports that are open. */
export function openPorts(): readonly OpenPort[] {
  return [...open];
}

/**
 * Has a server listen at a place, by the socket that was left for it if there is one. The server
 * tells by its events what came of it.
 */
export function listenAt(server: Server, key: string, place: Place): void {
  const [fd] = takePort(key, place);
  const { backlog } = place;
  server.listen(fd === undefined ? place : { fd, ...(backlog !== undefined && { backlog }) });
  server.once('listening', () => {
    const sockets = () => [descriptorOf(server) ?? []].flat();
    server.once('close', noteOpen(key, place, { sockets, stop: () => stopServer(server) }));
  });
}

/** Lets no client of a server in any more; resolves when none is left. */
function stopServer(server: Server & { closeIdleConnections?: () => void }): Promise<void> {
  return new Promise((resolve) => {
    // A connection whose request has been answered meanwhile is idle, too.
    const timer = setInterval(() => server.closeIdleConnections?.(), IDLE_MS).unref();
    server.close(() => {
      clearInterval(timer);
      resolve();
    });
    server.closeIdleConnections?.();
  });
}

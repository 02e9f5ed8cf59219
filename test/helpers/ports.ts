import { createSocket, type SocketType } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { codeOf } from '../../src/errors.js';

/** Below the kernel's ephemeral ports, and clear of our defaults. */
const FIRST = 13_000;
/** Ports per process: each test process has its own range, so that parallel files do not clash. */
const RANGE = 100;
const RANGES = 68;
/** Ports of a range for listeners; the rest is for children. */
const LISTENERS = 30;

const base = (await claimRange()) + 1;
let next = 0;

/** First port of this process's children. */
export const CHILD_PORT_BASE = base + LISTENERS;

/** Returns a free port of this process's range; the same port returns only after all others. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < LISTENERS; tries++) {
    const port = base + (next++ % LISTENERS);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`no free port in ${base}-${base + LISTENERS - 1}`);
}

/** Claims a range by listening on its first port while this process runs. */
async function claimRange(): Promise<number> {
  for (let at = 0; at < RANGES; at++) {
    const first = FIRST + ((process.pid + at) % RANGES) * RANGE;
    const server = createServer((socket) => socket.destroy());
    if (await canListen(server, first)) {
      server.unref();
      return first;
    }
  }
  throw new Error(`no free range of ports from ${FIRST} up`);
}

async function canListen(server: Server, port: number): Promise<boolean> {
  server.listen({ port, exclusive: true });
  return once(server, 'listening').then(
    () => true,
    () => false,
  );
}

/** Reports whether a port is free on all addresses, for TCP and UDP. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await isTcpFree(port)) && (await isUdpFree(port));
}

async function isTcpFree(port: number): Promise<boolean> {
  const server = createServer();
  if (!(await canListen(server, port))) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** IPv4 and IPv6 are tried separately, because a machine may have no IPv6. */
async function isUdpFree(port: number): Promise<boolean> {
  return (await canBind('udp4', port)) && (await canBind('udp6', port));
}

async function canBind(type: SocketType, port: number): Promise<boolean> {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' });
  try {
    socket.bind({ port, exclusive: true });
    await once(socket, 'listening');
    return true;
  } catch (error) {
    return codeOf(error) === 'EAFNOSUPPORT';
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

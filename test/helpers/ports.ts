import { createSocket, type SocketType } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { codeOf } from '../../src/errors.js';

/** Below the ports that the kernel gives to outgoing connections, and clear of our defaults. */
const FIRST = 13_000;
/** Each process of a test run has a range of its own, so that files side by side do not clash. */
const RANGE = 100;
const RANGES = 68;
/** Of a range: so many for listeners, the rest for children. */
const LISTENERS = 30;

const base = (await claimRange()) + 1;
let next = 0;

/** Where the ports of this process's children begin. */
export const CHILD_PORT_BASE = base + LISTENERS;

/** A port of this process's range that nobody has right now; the same one comes late again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < LISTENERS; tries++) {
    const port = base + (next++ % LISTENERS);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`no free port in ${base}-${base + LISTENERS - 1}`);
}

/** A range is whose process listens on its first port: for as long as that lives. */
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

/** Whether nobody has it on any address, neither for TCP nor for UDP. */
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

/** IPv4 and IPv6 one after the other: a machine may have no IPv6. */
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

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { codeOf, messageOf, SupervisorError } from '../errors.js';
import type { ChildPorts } from './types.js';

/**
 * Ports of one child: rtmp, api, http, rtc (TCP and UDP), and srt (UDP). The TCP port of srt is our
 * lock.
 */
export const PORT_STRIDE = 5;
const LOCK_OFFSET = PORT_STRIDE - 1;
const MAX_PORT = 65_535;
/** Blocks tried at the same time. */
const BATCH = 64;

/** A block of ports that no other supervisor gets until it is released. */
export interface PortLease {
  readonly ports: ChildPorts;
  /** Resolves with whether the ports can be bound now. SRS does not notice if they cannot. */
  areFree(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Leases `count` blocks from `portBase` upwards and skips those in use. SRS opens its ports with
 * SO_REUSEPORT and would share a taken port silently, so each port is bound without it as a test.
 * Throws ERR_CONFIG if the ports run out.
 */
export async function leasePorts(count: number, portBase: number): Promise<PortLease[]> {
  const leases: PortLease[] = [];
  let base = portBase;
  while (leases.length < count && base + PORT_STRIDE - 1 <= MAX_PORT) {
    const bases: number[] = [];
    const wanted = Math.min(BATCH, count - leases.length);
    for (; bases.length < wanted && base + PORT_STRIDE - 1 <= MAX_PORT; base += PORT_STRIDE) {
      bases.push(base);
    }
    const taken = await Promise.all(bases.map(leaseBlock));
    leases.push(...taken.filter((lease) => lease !== null));
  }
  if (leases.length === count) return leases;
  await Promise.all(leases.map((lease) => lease.release()));
  throw new SupervisorError(
    'ERR_CONFIG',
    `children.portBase: ${count} children need ${PORT_STRIDE} free ports each from ${portBase} up, ` +
      `there are ${leases.length} such blocks: lower it, or run fewer children`,
  );
}

/** Returns a warning if the system may use leased ports for outgoing connections, else null. */
export async function ephemeralOverlap(leases: readonly PortLease[]): Promise<string | null> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  const [low = Infinity, high = 0] = text.trim().split(/\s+/).map(Number);
  const clash = leases.find(({ ports }) => ports.rtmp + PORT_STRIDE > low && ports.rtmp <= high);
  if (clash === undefined) return null;
  return `children.portBase: port ${clash.ports.rtmp} lies in the range ${low}-${high} of outgoing connections: choose one below it`;
}

/** Takes the block of a child that runs on its ports already. Throws ERR_CONFIG if it is taken. */
export async function leaseAgain(ports: ChildPorts): Promise<PortLease> {
  const base = ports.rtmp;
  const lock = await lockBlock(base);
  if (lock !== null) return leaseOf(base, lock);
  const text = `children.portBase: another supervisor has the ports from ${base} up`;
  throw new SupervisorError('ERR_CONFIG', text);
}

async function lockBlock(base: number): Promise<Server | null> {
  const lock = await bind(base + LOCK_OFFSET);
  lock?.on('connection', (socket) => socket.destroy());
  return lock?.unref() ?? null;
}

function leaseOf(base: number, lock: Server): PortLease {
  return { ports: portsAt(base), areFree: () => areFree(base), release: () => close(lock) };
}

async function leaseBlock(base: number): Promise<PortLease | null> {
  const lock = await lockBlock(base);
  if (lock === null) return null;
  const lease = leaseOf(base, lock);
  const isOurs = await lease.areFree().catch(async (error: unknown) => {
    await lease.release();
    throw error;
  });
  if (isOurs) return lease;
  await lease.release();
  return null;
}

/** Returns a child's ports in the block that begins at `base`. */
export function portsAt(base: number): ChildPorts {
  return { rtmp: base, api: base + 1, http: base + 2, rtc: base + 3, srt: base + 4 };
}

async function areFree(base: number): Promise<boolean> {
  const { rtmp, api, http, rtc, srt } = portsAt(base);
  const bound = await Promise.allSettled([rtmp, api, http, rtc].map(bind));
  const servers = bound.map((one) => (one.status === 'fulfilled' ? one.value : null));
  await Promise.all(servers.map((server) => server && close(server)));
  const failed = bound.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const udp = await Promise.all([rtc, srt].map(isUdpFree));
  return !servers.includes(null) && !udp.includes(false);
}

/** Binds every address, as SRS will. */
async function isUdpFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind({ port, exclusive: true });
    await once(socket, 'listening');
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw cannotBind(port, error);
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

/** Returns null if the port is taken or not permitted. */
async function bind(port: number): Promise<Server | null> {
  const server = createServer();
  try {
    server.listen({ host: '127.0.0.1', port, exclusive: true });
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (isTaken(error)) return null;
    throw cannotBind(port, error);
  }
}

function isTaken(error: unknown): boolean {
  return ['EADDRINUSE', 'EACCES'].includes(codeOf(error));
}

function cannotBind(port: number, cause: unknown): SupervisorError {
  return new SupervisorError('ERR_CHILD_START', `port ${port}: ${messageOf(cause)}`, { cause });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

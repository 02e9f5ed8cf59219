import { type AddressInfo, isIPv6 } from 'node:net';
import type { Address } from '../../config/config.js';
import type { SharedPort } from '../client-setup.js';
import { close, duplicate, SOL_SOCKET } from './libc.js';
import {
  AF_INET,
  AF_INET6,
  bindAt,
  bindSocket,
  boundName,
  boundPort,
  createSocket,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  listenSocket,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SO_REUSEPORT,
  setOption,
  socketAddress,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from './libc-sockets.js';
import { endpointOf } from './names.js';

/** A client that vanished without a word is noticed after so many seconds, and a few probes. */
const KEEP_ALIVE = { idle: 30, interval: 1, probes: 10 };

/**
 * Listens by so many sockets on one port: the kernel spreads connections over them (SO_REUSEPORT,
 * for which Node 20 cannot ask). One socket alone is bound first: another program that shares its
 * port as well would get some of our clients. Without a host: every address, IPv6 and IPv4. Throws
 * LibcError.
 */
export function listenShared(
  { host, port }: Address,
  backlog: number,
  sockets: number,
): SharedPort {
  const alone = bindAt(host, (at) => listenAt({ host: at, port }, backlog, false));
  if (sockets === 1) return sharedPort([alone.fd], alone.bound);
  close(alone.fd);
  const { address, port: bound } = alone.bound;
  const shared: number[] = [];
  try {
    while (shared.length < sockets) {
      shared.push(listenAt({ host: address, port: bound }, backlog, true).fd);
    }
  } catch (error) {
    for (const fd of shared) close(fd);
    throw error;
  }
  return sharedPort(shared, alone.bound);
}

/**
 * Lets so many threads accept from sockets that listen already: those that are too many are closed,
 * and where there are too few, several threads accept from one. Throws LibcError.
 */
export function listenAgain(open: readonly number[], threads: number): SharedPort {
  for (const fd of open.slice(threads)) close(fd);
  const [first = -1] = open;
  const bound = boundAddress(first);
  const more = Array.from({ length: Math.max(0, threads - open.length) }, () => duplicate(first));
  return sharedPort([...open.slice(0, threads), ...more], bound);
}

function boundAddress(fd: number): AddressInfo {
  const { ip: address, port } = endpointOf(boundName(fd));
  return { address, family: isIPv6(address) ? 'IPv6' : 'IPv4', port };
}

function sharedPort(sockets: readonly number[], bound: AddressInfo): SharedPort {
  return { sockets, bound, close: () => sockets.forEach(close) };
}

function listenAt(
  { host, port }: Required<Address>,
  backlog: number,
  isShared: boolean,
): { fd: number; bound: AddressInfo } {
  const family = isIPv6(host) ? AF_INET6 : AF_INET;
  const fd = createSocket(family);
  try {
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (isShared) setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (family === AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    setConnectionOptions(fd);
    bindSocket(fd, socketAddress(family, host, port));
    listenSocket(fd, backlog);
    const name = family === AF_INET6 ? 'IPv6' : 'IPv4';
    return { fd, bound: { address: host, family: name, port: boundPort(fd) } };
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** Connections have them from the socket that accepts them. */
function setConnectionOptions(fd: number): void {
  setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_ALIVE.idle);
  setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_ALIVE.interval);
  setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_ALIVE.probes);
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

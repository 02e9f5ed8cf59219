import { type AddressInfo, isIPv6 } from 'node:net';
import type { Address } from '../../config/config.js';
import { close, SOL_SOCKET } from './libc.js';
import {
  AF_INET,
  AF_INET6,
  bindAt,
  bindSocket,
  boundPort,
  createSocket,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  listenSocket,
  SO_REUSEADDR,
  SO_REUSEPORT,
  setOption,
  socketAddress,
} from './libc-sockets.js';

/** A socket that listens, and where. */
export interface SharedListener {
  readonly fd: number;
  readonly bound: AddressInfo;
}

/**
 * Listens on a port that several sockets of this process share (SO_REUSEPORT): the kernel spreads
 * connections over them. Node 20 cannot ask for that itself. Without a host: every address, IPv6 and
 * IPv4. Throws LibcError.
 */
export function listenShared({ host, port }: Address, backlog: number): SharedListener {
  return bindAt(host, (at) => listenOn(at, port, backlog));
}

function listenOn(host: string, port: number, backlog: number): SharedListener {
  const family = isIPv6(host) ? AF_INET6 : AF_INET;
  const fd = createSocket(family);
  try {
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (family === AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    bindSocket(fd, socketAddress(family, host, port));
    listenSocket(fd, backlog);
    const name = family === AF_INET6 ? 'IPv6' : 'IPv4';
    return { fd, bound: { address: host, family: name, port: boundPort(fd) } };
  } catch (error) {
    close(fd);
    throw error;
  }
}

import type { UdpRelayOptions } from '../udp.js';
import { close, createEpoll, createEvent, SOL_SOCKET } from './libc.js';
import {
  AF_INET6,
  bindAt,
  bindSocket,
  boundName,
  createSocket,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_REUSEPORT,
  SOCK_DGRAM,
  setOption,
  setReceiveBuffer,
  socketAddress,
  tryOption,
} from './libc-sockets.js';
import { familyOf } from './names.js';
import type { UdpShared } from './udp-protocol.js';

/** Bytes that clients may send while the thread does something else, or another program begins. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** Little beside the delays that protocols plan for; bursts cost a third less CPU than at half. */
const GATHER_MS = 0.5;

/** The thread of a UDP relay, and its socket. */
export interface UdpPlace {
  /** Null: any. */
  readonly cpu: number | null;
  /** With others of this process. */
  readonly sharesPort?: boolean;
  /** The socket that the program before this one has left; default: there is none. */
  readonly left?: number | null;
}

/** Opens what a UDP relay and its thread share. Throws LibcError when the port cannot be had. */
export function share(
  options: UdpRelayOptions,
  { cpu, sharesPort = false, left = null }: UdpPlace,
): UdpShared {
  const { address, maxSessions, idleMs, tagAt = -1, farewell = -1 } = options;
  const { checkedBelow = 0, answerer = null, gatherMs = GATHER_MS } = options;
  const opened: number[] = [];
  try {
    const { host, port } = address;
    const bound = left === null ? bindAt(host, (at) => bindTo(at, port, sharesPort)) : leftAt(left);
    const { socket, family } = bound;
    opened.push(socket);
    const epoll = createEpoll();
    opened.push(epoll);
    return {
      ...{ epoll, wake: createEvent(), cpu, socket, family },
      localFamily: isEverywhere(host) && askLocal(socket, family) ? family : null,
      ...{ idleMs, tagAt, farewell, checkedBelow, answerer, gatherMs },
      stop: new Int32Array(new SharedArrayBuffer(4)),
      strangers: new Int32Array(new SharedArrayBuffer(4)),
      sockets: new Int32Array(new SharedArrayBuffer(4 * maxSessions)).fill(-1),
      counters: new Float64Array(new SharedArrayBuffer(2 * 8 * maxSessions)),
    };
  } catch (error) {
    for (const fd of opened) close(fd);
    throw error;
  }
}

/** Returns whether clients can reach the port at several addresses of this machine. */
function isEverywhere(host: string | undefined): boolean {
  return host === undefined || host === '::' || host === '0.0.0.0';
}

/** Has the socket tell the address that each datagram was sent to; answers whether it does. */
function askLocal(socket: number, family: number): boolean {
  return family === AF_INET6
    ? tryOption(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
    : tryOption(socket, IPPROTO_IP, IP_PKTINFO, 1);
}

function leftAt(socket: number): { socket: number; family: number } {
  return { socket, family: new DataView(boundName(socket).buffer).getUint16(0, true) };
}

function bindTo(
  host: string,
  port: number,
  sharesPort: boolean,
): { socket: number; family: number } {
  const family = familyOf(host);
  const socket = createSocket(family, SOCK_DGRAM);
  try {
    if (family === AF_INET6) setOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (sharesPort) setOption(socket, SOL_SOCKET, SO_REUSEPORT, 1);
    setReceiveBuffer(socket, RECEIVE_BUFFER);
    bindSocket(socket, socketAddress(family, host, port));
    return { socket, family };
  } catch (error) {
    close(socket);
    throw error;
  }
}

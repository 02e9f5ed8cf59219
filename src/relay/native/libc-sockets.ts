/** The C library's calls to open sockets, and to send and receive datagrams. */
import { endianness } from 'node:os';
import { codeOf } from '../../errors.js';
import {
  addressOf,
  checked,
  errno,
  libc,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOL_SOCKET,
  setSockOpt,
} from './libc.js';

export const SO_REUSEADDR = 2;
export const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
export const SO_REUSEPORT = 15;
const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
const SO_ERROR = 4;
export const SO_KEEPALIVE = 9;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;

const createSocketCall: (family: number, type: number, protocol: number) => number = libc.func(
  'int socket(int, int, int)',
);
const createPairCall: (family: number, type: number, protocol: number, ends: Int32Array) => number =
  libc.func('int socketpair(int, int, int, void *)');
const bindCall: (fd: number, address: Uint8Array, size: number) => number = libc.func(
  'int bind(int, void *, uint)',
);
const connectCall: (fd: number, address: Uint8Array, size: number) => number = libc.func(
  'int connect(int, void *, uint)',
);
const receiveManyCall: (
  fd: number,
  headers: number,
  count: number,
  flags: number,
  timeout: number,
) => number = libc.func('int recvmmsg(int, uintptr_t, uint, int, uintptr_t)');

const sendToCall: (
  fd: number,
  bytes: Uint8Array,
  size: number,
  flags: number,
  address: Uint8Array,
  addressSize: number,
) => number = libc.func('intptr_t sendto(int, void *, size_t, int, void *, uint)');

/** Sends up to `count` datagrams that `struct mmsghdr`s describe; answers how many. */
export const sendMany: (fd: number, headers: number, count: number, flags: number) => number =
  libc.func('int sendmmsg(int, uintptr_t, uint, int)');

const listenCall: (fd: number, backlog: number) => number = libc.func('int listen(int, int)');
const getSockName: (fd: number, address: Uint8Array, size: Uint32Array) => number = libc.func(
  'int getsockname(int, void *, void *)',
);
const acceptCall: (fd: number, address: number, size: number, flags: number) => number = libc.func(
  'int accept4(int, uintptr_t, uintptr_t, int)',
);
const getSockOpt: (
  fd: number,
  level: number,
  name: number,
  value: Int32Array,
  size: Uint32Array,
) => number = libc.func('int getsockopt(int, int, int, void *, void *)');
const parseIp: (family: number, text: string, address: Uint8Array) => number = libc.func(
  'int inet_pton(int, const char *, void *)',
);

/** A socket that does not block, TCP unless told otherwise. Throws LibcError. */
export function createSocket(family: number, type = SOCK_STREAM): number {
  return checked('socket', createSocketCall(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/** Two sockets of this machine that are connected to each other. Throws LibcError. */
export function createLocalPair(): { readonly first: number; readonly second: number } {
  const ends = new Int32Array(2);
  const type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  checked('socketpair', createPairCall(AF_UNIX, type, 0, ends));
  const [first = -1, second = -1] = ends;
  return { first, second };
}

/** Sets an option that is a number. Throws LibcError. */
export function setOption(fd: number, level: number, name: number, value: number): void {
  checked('setsockopt', setSockOpt(fd, level, name, Int32Array.of(value), 4));
}

/** Sets an option that this kernel, or this user, may not have; answers whether it has. */
export function tryOption(fd: number, level: number, name: number, value: number): boolean {
  return setSockOpt(fd, level, name, Int32Array.of(value), 4) === 0;
}

/** Gives a socket room for so much: beyond the limit for users where we may, else up to that. */
export function setReceiveBuffer(fd: number, bytes: number): void {
  if (!tryOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes))
    tryOption(fd, SOL_SOCKET, SO_RCVBUF, bytes);
}

/** `struct sockaddr_in` or `sockaddr_in6` of an IP address without a zone. */
export function socketAddress(family: number, ip: string, port: number): Uint8Array {
  const isIp6 = family === AF_INET6;
  // In a buffer of its own: V8 moves small arrays about, and a thread may keep its address.
  const bytes = new Uint8Array(new ArrayBuffer(isIp6 ? 28 : 16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, endianness() === 'LE');
  view.setUint16(2, port);
  parseIp(family, ip, bytes.subarray(isIp6 ? 8 : 4));
  return bytes;
}

/** Binds at a host, or without one at every address: IPv4 alone on a machine without IPv6. */
export function bindAt<T>(host: string | undefined, bind: (host: string) => T): T {
  if (host !== undefined) return bind(host);
  try {
    return bind('::');
  } catch (error) {
    if (codeOf(error) !== 'EAFNOSUPPORT') throw error;
    return bind('0.0.0.0');
  }
}

/** Throws LibcError. */
export function bindSocket(fd: number, address: Uint8Array): void {
  checked('bind', bindCall(fd, address, address.length));
}

/** Fixes the one peer of a UDP socket. Throws LibcError. */
export function connectSocket(fd: number, address: Uint8Array): void {
  checked('connect', connectCall(fd, address, address.length));
}

/** Throws LibcError. */
export function listenSocket(fd: number, backlog: number): void {
  checked('listen', listenCall(fd, backlog));
}

/**
 * Begins a TCP connection. Answers 0 when it is there already, as on loopback, EINPROGRESS when the
 * socket will be writable, else the error's number.
 */
export function beginConnect(fd: number, address: Uint8Array): number {
  return connectCall(fd, address, address.length) === 0 ? 0 : errno();
}

/** The outcome of a connection that was in progress: 0, or the error's number. */
export function connectOutcome(fd: number): number {
  const error = new Int32Array(1);
  const asked = getSockOpt(fd, SOL_SOCKET, SO_ERROR, error, Uint32Array.of(4));
  return asked < 0 ? errno() : (error[0] ?? 0);
}

/** Accepts connections, one after the other, and keeps the address of the last one's peer. */
export class AcceptCall {
  // In buffers of their own, for V8 moves small arrays about.
  readonly #name = new Uint8Array(new ArrayBuffer(28));
  readonly #size = new Uint32Array(new ArrayBuffer(4));
  readonly #nameAddress = addressOf(this.#name);
  readonly #sizeAddress = addressOf(this.#size);

  /** `struct sockaddr` of the last peer; good until the next one. */
  get name(): Uint8Array {
    return this.#name;
  }

  /** A connection that does not block; -1 and `errno()` where there is none. */
  accept(fd: number): number {
    this.#size[0] = this.#name.length;
    const flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    return acceptCall(fd, this.#nameAddress, this.#sizeAddress, flags);
  }
}

/** The `struct sockaddr` that a socket is bound to. Throws LibcError. */
export function boundName(fd: number): Uint8Array {
  const address = new Uint8Array(28);
  checked('getsockname', getSockName(fd, address, Uint32Array.of(address.length)));
  return address;
}

/** The port that a socket is bound to. Throws LibcError. */
export function boundPort(fd: number): number {
  return new DataView(boundName(fd).buffer).getUint16(2);
}

/** Receives up to `count` datagrams into `struct mmsghdr`s; answers how many. Never blocks. */
export function receiveMany(fd: number, headers: number, count: number): number {
  return receiveManyCall(fd, headers, count, MSG_DONTWAIT, 0);
}

/** Sends one datagram; one that cannot go is lost. */
export function sendTo(fd: number, bytes: Uint8Array, address: Uint8Array): void {
  sendToCall(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length);
}

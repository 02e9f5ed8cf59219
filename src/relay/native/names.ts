import { endianness } from 'node:os';
import type { UdpEndpoint } from '../udp.js';
import { AF_INET, AF_INET6, socketAddress } from './libc-sockets.js';
import type { LocalAddress } from './message-headers.js';

/** The key of a session: a number where 48 bits tell the address, else text. */
export type NameKey = number | string;

const LITTLE = endianness() === 'LE';
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** `struct sockaddr` of an endpoint, for a socket of this family. */
export function nameOf({ ip, port }: UdpEndpoint, family: number): Uint8Array {
  const isIp6 = ip.includes(':');
  return socketAddress(family, family === AF_INET6 && !isIp6 ? `::ffff:${ip}` : ip, port);
}

/** Returns an address of ours as the kernel takes it for a socket of this family, or null. */
export function localWords(ip: string | undefined, family: number): LocalAddress | null {
  if (ip === undefined) return null;
  const name = nameOf({ ip, port: 0 }, family);
  const bytes = family === AF_INET6 ? name.slice(8, 24) : name.slice(4, 8);
  return new Uint32Array(bytes.buffer);
}

/** The text of an address of ours that a socket of this family tells. */
export function localText(local: LocalAddress, family: number): string {
  const name = new Uint8Array(28);
  new DataView(name.buffer).setUint16(0, family, LITTLE);
  const bytes = new Uint8Array(local.buffer, local.byteOffset, local.byteLength);
  name.set(bytes, family === AF_INET6 ? 8 : 4);
  return endpointOf(name).ip;
}

/** The family of a socket that can send to this address. */
export function familyOf(ip: string): number {
  return ip.includes(':') ? AF_INET6 : AF_INET;
}

/** IPv4 addresses have one key, whichever family of socket heard them. */
export function keyOf(name: Uint8Array): NameKey {
  return keyAt(new DataView(name.buffer, name.byteOffset, name.length), 0);
}

/** The key of a `struct sockaddr` in memory; asked for each datagram, so it allocates nothing. */
export function keyAt(view: DataView, start: number): NameKey {
  const port = view.getUint16(start + 2);
  if (view.getUint16(start, LITTLE) === AF_INET) return view.getUint32(start + 4) * 65_536 + port;
  const high = view.getBigUint64(start + 8);
  const [middle, low] = [view.getUint32(start + 16), view.getUint32(start + 20)];
  return high === 0n && middle === 0xffff
    ? low * 65_536 + port
    : `${high} ${middle} ${low} ${port}`;
}

export function endpointOf(name: Uint8Array): UdpEndpoint {
  const port = at(name, 2) * 256 + at(name, 3);
  const ip4 = ip4At(name);
  if (ip4 >= 0) return { ip: name.subarray(ip4, ip4 + 4).join('.'), port };
  const groups = Array.from(
    { length: 8 },
    (_, i) => at(name, 8 + 2 * i) * 256 + at(name, 9 + 2 * i),
  );
  const text = groups.map((group) => group.toString(16)).join(':');
  // The URL parser writes every address in its one shortest form.
  return { ip: new URL(`http://[${text}]/`).hostname.slice(1, -1), port };
}

/** The offset of an IPv4 address in a `struct sockaddr`; -1: there is none. */
function ip4At(name: Uint8Array): number {
  const family = LITTLE ? at(name, 0) : at(name, 1);
  if (family === AF_INET) return 4;
  return MAPPED.every((byte, i) => at(name, 8 + i) === byte) ? 20 : -1;
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

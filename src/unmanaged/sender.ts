import { networkInterfaces } from 'node:os';
import { isLoopback } from '../config/address.js';
import { networkOf, normalIp } from '../listener/client-address.js';

export interface HeartbeatSender {
  readonly ip: string;
  /** It is on this machine, where loopback addresses are valid. */
  readonly isNear: boolean;
  /** Group for counting its origins: this machine, an IPv4 address, or an IPv6 /64. */
  readonly group: string;
}

const NEAR = 'this machine';

/** Returns the sender of a connection; null if the peer has disconnected. */
export function senderOf(remote = '', local = ''): HeartbeatSender | null {
  const ip = normalIp(remote);
  if (ip === null) return null;
  // True also if it used one of our network addresses.
  const isNear = ip === normalIp(local) || isLoopback({ host: ip, port: 0 });
  return { ip, isNear, group: isNear ? NEAR : networkOf(ip) };
}

/** Reports whether this machine has that address. */
export function isOurs(ip: string): boolean {
  if (isLoopback({ host: ip, port: 0 })) return true;
  const cards = Object.values(networkInterfaces()).flat();
  return cards.some((card) => normalIp(card?.address ?? '') === normalIp(ip));
}

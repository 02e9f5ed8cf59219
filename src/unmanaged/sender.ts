import { networkInterfaces } from 'node:os';
import { isLoopback } from '../config/address.js';
import { networkOf, normalIp } from '../listener/client-address.js';

/** Where a heartbeat came from. */
export interface HeartbeatSender {
  readonly ip: string;
  /** It came from this very machine, where loopback addresses mean what they say. */
  readonly isNear: boolean;
  /** By which its origins are counted: this machine, an IPv4 address, or an IPv6 network of 64 bits. */
  readonly group: string;
}

const NEAR = 'this machine';

/** Reads both ends of the connection; null where the peer has gone already. */
export function senderOf(remote = '', local = ''): HeartbeatSender | null {
  const ip = normalIp(remote);
  if (ip === null) return null;
  // Also when it has called us by an address of the network.
  const isNear = ip === normalIp(local) || isLoopback({ host: ip, port: 0 });
  return { ip, isNear, group: isNear ? NEAR : networkOf(ip) };
}

/** Whether this machine has that address. */
export function isOurs(ip: string): boolean {
  if (isLoopback({ host: ip, port: 0 })) return true;
  const cards = Object.values(networkInterfaces()).flat();
  return cards.some((card) => normalIp(card?.address ?? '') === normalIp(ip));
}

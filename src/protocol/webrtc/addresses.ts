import ipaddr from 'ipaddr.js';
import { hostName } from '../http/target.js';

/** Sources of the addresses that we may offer a client for its media. */
export interface AddressSources {
  /** Addresses from the configuration; if there are any, all others are ignored. */
  readonly configured: readonly string[];
  /** The Host header: the name by which the client reached us. */
  readonly host: string;
  /** The local address on which the client's request arrived. */
  readonly local: string;
  /** Returns the addresses of the machine's network interfaces; called only if they are needed. */
  readonly interfaces: () => readonly string[];
}

/**
 * Returns the addresses to offer, the most certain first: the address in the Host header, then the
 * one on which the request arrived. If one of these is loopback, the machine's other addresses are
 * added, because the request may have come through a proxy on this machine.
 */
export function offeredAddresses(sources: AddressSources): string[] {
  if (sources.configured.length > 0) return [...new Set(sources.configured)];
  const named = normal(hostName(sources.host));
  const near = [named ?? normal(sources.host), normal(sources.local)].filter((ip) => ip !== null);
  const far = near.some(isLoopback) ? sources.interfaces().filter(isReachable) : [];
  return [...new Set([...near, ...far])];
}

function normal(text: string): string | null {
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : null;
}

function isLoopback(ip: string): boolean {
  return ipaddr.parse(ip).range() === 'loopback';
}

/** Link-local addresses are unusable without an interface name. */
function isReachable(ip: string): boolean {
  return ipaddr.isValid(ip) && !['loopback', 'linkLocal'].includes(ipaddr.process(ip).range());
}

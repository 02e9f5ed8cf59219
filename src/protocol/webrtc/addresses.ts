import ipaddr from 'ipaddr.js';
import { hostName } from '../http/target.js';

/** What is known of the way by which a client came, to offer it addresses for its media. */
export interface AddressSources {
  /** The configuration's; they alone count where there are any. */
  readonly configured: readonly string[];
  /** The Host header: what the client itself calls us. */
  readonly host: string;
  /** The address that the client's request arrived at. */
  readonly local: string;
  /** The machine's own addresses. */
  readonly interfaces: readonly string[];
}

/**
 * The addresses to offer a client, the surest first: the one that it calls us by and the one that its
 * request arrived at. Loopback reaches this machine only, so then the machine's others are offered
 * besides, as for requests that came through a proxy of this machine.
 */
export function offeredAddresses(sources: AddressSources): string[] {
  if (sources.configured.length > 0) return [...new Set(sources.configured)];
  const named = normal(hostName(sources.host));
  const near = [named ?? normal(sources.host), normal(sources.local)].filter((ip) => ip !== null);
  const far = near.some(isLoopback) ? sources.interfaces.filter(isReachable) : [];
  return [...new Set([...near, ...far])];
}

function normal(text: string): string | null {
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : null;
}

function isLoopback(ip: string): boolean {
  return ipaddr.parse(ip).range() === 'loopback';
}

/** Link-local addresses mean nothing without the name of a network card. */
function isReachable(ip: string): boolean {
  return ipaddr.isValid(ip) && !['loopback', 'linkLocal'].includes(ipaddr.process(ip).range());
}

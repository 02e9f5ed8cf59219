import { isIPv4, isIPv6 } from 'node:net';
import type { Address } from './config.js';

export const ADDRESS_RULE = 'a port 0-65535, ip:port or [ip6]:port';

/**
 * Parses `1935`, `:1935`, `127.0.0.1:1935` or `[::1]:1935`; undefined for anything else. Host names
 * are refused because their address may change between two starts.
 */
export function parseAddress(text: unknown): Address | undefined {
  const match = /^(?:(?<ip4>[\d.]+)?:|\[(?<ip6>[\da-fA-F:.]+)\]:)?(?<port>\d{1,5})$/.exec(
    typeof text === 'number' ? String(text) : typeof text === 'string' ? text.trim() : '',
  );
  if (!match?.groups) return undefined;
  const { ip4, ip6 } = match.groups;
  const port = Number(match.groups.port);
  if (port > 65535) return undefined;
  if (ip4 !== undefined) return isIPv4(ip4) ? { host: ip4, port } : undefined;
  if (ip6 !== undefined) return isIPv6(ip6) ? { host: shortIPv6(ip6), port } : undefined;
  return { port };
}

/** Formats an address so that parseAddress reads it back. */
export function formatAddress({ host, port }: Address): string {
  if (host === undefined) return String(port);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reports whether the address binds all addresses of at least one IP family. */
export function isWildcard({ host }: Address): boolean {
  return host === undefined || host === '::' || host === '0.0.0.0';
}

/** Returns an address at which this machine reaches a listener bound there. */
export function nearAddress(address: Address): Address {
  return isWildcard(address) ? { ...address, host: '127.0.0.1' } : address;
}

/** Reports whether only this machine can reach a listener bound there. */
export function isLoopback({ host }: Address): boolean {
  return host !== undefined && (host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host));
}

/** Reports whether two listeners of one transport conflict. */
export function overlaps(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || covers(a, b) || covers(b, a);
}

// An IPv6 wildcard also takes the IPv4 port; an IPv4 wildcard takes IPv4 only.
function covers(wide: Address, narrow: Address): boolean {
  if (wide.host === undefined || wide.host === '::') return true;
  return wide.host === '0.0.0.0' && narrow.host !== undefined && isIPv4(narrow.host);
}

// The WHATWG host parser writes every IPv6 address in its shortest form.
function shortIPv6(ip: string): string {
  return new URL(`http://[${ip}]/`).hostname.slice(1, -1);
}

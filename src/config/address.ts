import { isIPv4, isIPv6 } from 'node:net';
import type { Address } from './config.js';

export const ADDRESS_RULE = 'a port 0-65535, ip:port or [ip6]:port';

/**
 * Reads `1935`, `:1935`, `127.0.0.1:1935` or `[::1]:1935`; undefined for anything else. Host names
 * are refused: what a name resolves to may change between two starts.
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

/** The text that parseAddress reads back. */
export function formatAddress({ host, port }: Address): string {
  if (host === undefined) return String(port);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a listener that is bound there has every address of the machine, of one family at least. */
export function isWildcard({ host }: Address): boolean {
  return host === undefined || host === '::' || host === '0.0.0.0';
}

/** Where this machine itself reaches a listener that is bound there. */
export function nearAddress(address: Address): Address {
  return isWildcard(address) ? { ...address, host: '127.0.0.1' } : address;
}

/** Whether only this machine can reach a listener that is bound there. */
export function isLoopback({ host }: Address): boolean {
  return host !== undefined && (host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host));
}

/** Whether two listeners of one transport cannot both have their port. */
export function overlaps(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || covers(a, b) || covers(b, a);
}

// An IPv6 wildcard takes the IPv4 port too; an IPv4 wildcard takes IPv4 alone.
function covers(wide: Address, narrow: Address): boolean {
  if (wide.host === undefined || wide.host === '::') return true;
  return wide.host === '0.0.0.0' && narrow.host !== undefined && isIPv4(narrow.host);
}

// The WHATWG host parser writes each IPv6 address in its one shortest form.
function shortIPv6(ip: string): string {
  return new URL(`http://[${ip}]/`).hostname.slice(1, -1);
}

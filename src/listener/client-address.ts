import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { MAX_ADDRESS, Networks } from '../access/networks.js';

/** Prefix of IPv4 addresses in the form of IPv6 sockets. */
const MAPPED = '::ffff:';
/** Bits of an IPv6 address that one customer has in common. */
const IPV6_NETWORK_BYTES = 8;

/** A client's address, as far as it can be determined. */
export interface ClientAddress {
  /** IPv4, or IPv6 in its short form; never IPv4 in IPv6 notation. */
  readonly ip: string;
  /** 0: unknown. */
  readonly port: number;
}

/** Most entries of chained proxies that are read. */
const MAX_HOPS = 32;

/** Proxies that are trusted to name their clients. */
export class TrustedProxies extends Networks {}

/**
 * Returns the unit that limits count by: an IPv4 address, or the first 64 bits of IPv6, which one
 * customer has.
 */
export function networkOf(ip: string): string {
  if (!ip.includes(':') || !ipaddr.isValid(ip)) return ip;
  const bytes = ipaddr.parse(ip).toByteArray().fill(0, IPV6_NETWORK_BYTES);
  return `${ipaddr.fromByteArray(bytes)}/${8 * IPV6_NETWORK_BYTES}`;
}

/** Returns the canonical form of an address; null if it is none. */
export function normalIp(text: string): string | null {
  if (text.length > MAX_ADDRESS) return null;
  // Fast path: nearly every client's address has this form.
  const plain = text.startsWith(MAPPED) ? text.slice(MAPPED.length) : text;
  if (isIPv4(plain)) return plain;
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : null;
}

/**
 * Returns the client behind `peer` by its `X-Forwarded-For`: the right-most entry that no trusted
 * proxy made. Entries further left are claims of the client.
 */
export function forwardedClient(
  peer: ClientAddress,
  header: string | undefined,
  trusted: TrustedProxies,
): ClientAddress {
  let client = peer;
  for (const entry of (header ?? '').split(',').slice(-MAX_HOPS).reverse()) {
    if (!trusted.has(client.ip)) return client;
    const next = parseEntry(entry.trim());
    if (next === null) return client;
    client = next;
  }
  return client;
}

/** Formats: `1.2.3.4`, `1.2.3.4:5`, `::1` or `[::1]:5`. */
function parseEntry(entry: string): ClientAddress | null {
  const whole = normalIp(entry);
  if (whole !== null) return { ip: whole, port: 0 };
  const [, host = '', port = '0'] = /^\[?([^[\]]+?)\]?(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const ip = normalIp(host);
  return ip === null ? null : { ip, port: Number(port) };
}

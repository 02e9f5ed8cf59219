import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** IPv4 as an IPv6 socket spells it. */
const MAPPED = '::ffff:';
/** One customer has all addresses that begin with the same ones. */
const IPV6_NETWORK_BYTES = 8;

/** Where a client is, as far as it can be known. */
export interface ClientAddress {
  /** IPv4, or IPv6 in its short form; never IPv4 in IPv6's clothes. */
  readonly ip: string;
  /** 0: not known. */
  readonly port: number;
}

/** IPv6 with a zone has fewer characters. */
const MAX_ADDRESS = 64;
/** Proxies one behind the other whose entries are read. */
const MAX_HOPS = 32;

/** The proxies whose word about their clients is taken. */
export class TrustedProxies {
  readonly #ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][];

  /** Addresses and networks (`10.0.0.0/8`). Throws for what is neither. */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.map((range) =>
      range.includes('/') ? ipaddr.parseCIDR(range) : hostRange(range),
    );
  }

  has(ip: string): boolean {
    if (this.#ranges.length === 0 || ip.length > MAX_ADDRESS || !ipaddr.isValid(ip)) return false;
    const address = ipaddr.process(ip);
    return this.#ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  }
}

/** What limits count by: an IPv4 address, or the 64 bits of IPv6 that one customer has. */
export function networkOf(ip: string): string {
  if (!ip.includes(':') || !ipaddr.isValid(ip)) return ip;
  const bytes = ipaddr.parse(ip).toByteArray().fill(0, IPV6_NETWORK_BYTES);
  return `${ipaddr.fromByteArray(bytes)}/${8 * IPV6_NETWORK_BYTES}`;
}

/** One spelling for one address; null for what is none. */
export function normalIp(text: string): string | null {
  if (text.length > MAX_ADDRESS) return null;
  // What sockets say of nearly every client, told without a parser.
  const plain = text.startsWith(MAPPED) ? text.slice(MAPPED.length) : text;
  if (isIPv4(plain)) return plain;
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : null;
}

/**
 * The client behind `peer` by its `X-Forwarded-For`: the right-most entry that no trusted proxy
 * made. Entries further left are the client's own claims.
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

/** `1.2.3.4`, `1.2.3.4:5`, `::1` or `[::1]:5`. */
function parseEntry(entry: string): ClientAddress | null {
  const whole = normalIp(entry);
  if (whole !== null) return { ip: whole, port: 0 };
  const [, host = '', port = '0'] = /^\[?([^[\]]+?)\]?(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const ip = normalIp(host);
  return ip === null ? null : { ip, port: Number(port) };
}

function hostRange(ip: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const address = ipaddr.process(ip);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

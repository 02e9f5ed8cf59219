import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** IPv4 as an IPv6 socket spells it. */
const MAPPED = '::ffff:';
/** Of an IPv6 network that one machine may have all addresses of. */
const GROUP_BITS = 64;

/** Where a client is, as far as it can be known. */
export interface ClientAddress {
  /** IPv4, or IPv6 in its short form; never IPv4 in IPv6's clothes. */
  readonly ip: string;
  /** 0: not known. */
  readonly port: number;
}

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
    if (!ipaddr.isValid(ip)) return false;
    const address = ipaddr.process(ip);
    return this.#ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  }
}

/** One spelling for one address; null for what is none. */
export function normalIp(text: string): string | null {
  // What sockets say of nearly every client, told without a parser.
  const plain = text.startsWith(MAPPED) ? text.slice(MAPPED.length) : text;
  if (isIPv4(plain)) return plain;
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : null;
}

/** By which limits count an address: whoever has one of IPv6 has all of its network. */
export function groupOf(ip: string): string {
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return ip;
  const bytes = address.toByteArray().fill(0, GROUP_BITS / 8);
  return `${ipaddr.fromByteArray(bytes)}/${GROUP_BITS}`;
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
  for (const entry of (header ?? '').split(',').reverse()) {
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

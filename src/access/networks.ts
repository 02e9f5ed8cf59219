import ipaddr from 'ipaddr.js';

/** Most characters of an address; IPv6 with a zone has fewer. */
export const MAX_ADDRESS = 64;

type Range = [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** A set of addresses and networks, IPv4 and IPv6. */
export class Networks {
  readonly #ranges: readonly Range[];

  /** Takes addresses and networks (`10.0.0.0/8`). Throws for anything else. */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.map((range) =>
      range.includes('/') ? ipaddr.parseCIDR(range) : hostRange(range),
    );
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  has(ip: string): boolean {
    if (this.isEmpty || ip.length > MAX_ADDRESS || !ipaddr.isValid(ip)) return false;
    const address = ipaddr.process(ip);
    return this.#ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  }
}

function hostRange(ip: string): Range {
  const address = ipaddr.process(ip);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

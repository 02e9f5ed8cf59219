import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Most characters of an address; IPv6 with a zone has fewer. */
export const MAX_ADDRESS = 64;

type Range = [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** An IPv4 network as 32-bit numbers. */
interface Range4 {
  readonly network: number;
  readonly mask: number;
}

/** A set of addresses and networks, IPv4 and IPv6. */
export class Networks {
  readonly #ranges: readonly Range[];
  readonly #ranges4: readonly Range4[];

  /** Takes addresses and networks (`10.0.0.0/8`). Throws for anything else. */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.map((range) =>
      range.includes('/') ? ipaddr.parseCIDR(range) : hostRange(range),
    );
    this.#ranges4 = this.#ranges.flatMap((range) => range4Of(range) ?? []);
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  has(ip: string): boolean {
    if (this.isEmpty || ip.length > MAX_ADDRESS) return false;
    // Fast path: the library takes microseconds for each address, and most are IPv4.
    const plain = numberOf(ip);
    if (plain !== null) {
      return this.#ranges4.some(({ network, mask }) => (plain & mask) === network);
    }
    if (!ipaddr.isValid(ip)) return false;
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

function range4Of([address, bits]: Range): Range4 | null {
  const plain = address.kind() === 'ipv4' ? numberOf(address.toString()) : null;
  if (plain === null) return null;
  // A shift by 32 bits is one by none.
  const mask = bits === 0 ? 0 : -1 << (32 - bits);
  return { network: plain & mask, mask };
}

const [DOT, ZERO] = [0x2e, 0x30];

/** Returns an IPv4 address in its usual form as a 32-bit number; null: it has another form. */
function numberOf(ip: string): number | null {
  if (!isIPv4(ip)) return null;
  let [sum, part] = [0, 0];
  for (let at = 0; at < ip.length; at += 1) {
    const sign = ip.charCodeAt(at);
    if (sign !== DOT) part = 10 * part + sign - ZERO;
    else [sum, part] = [(sum << 8) | part, 0];
  }
  return (sum << 8) | part;
}

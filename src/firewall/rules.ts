import type { ClosedPorts, PortRange } from './exposed.js';

/**
 * Returns the one-line definition of a table that drops packets to these ports unless they come
 * from loopback; the machine's other addresses count as outside. Its priority 0 runs before the
 * relay's chains, where datagrams that the kernel forwards to a child still have our public port.
 * `owned`: the table is removed with the process that makes it.
 */
export function tableText(name: string, ports: ClosedPorts, owned: boolean): string {
  const rules = [
    'type filter hook input priority 0',
    'iif lo ip daddr 127.0.0.0/8 accept',
    'iif lo ip6 daddr ::1 accept',
    ...dropRule('udp', ports.udp),
    ...dropRule('tcp', ports.tcp),
  ];
  const flags = owned ? 'flags owner; ' : '';
  return `table inet ${name} { ${flags}chain in { ${rules.join('; ')}; }; }`;
}

function dropRule(transport: 'udp' | 'tcp', ranges: readonly PortRange[]): string[] {
  return ranges.length === 0 ? [] : [`${transport} dport { ${printRanges(ranges)} } counter drop`];
}

/** `20003-20009, 20013`. */
export function printRanges(ranges: readonly PortRange[]): string {
  return ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(', ');
}

/** Returns a shell command that closes these ports by a table of its own. */
export function closingCommand(name: string, ports: ClosedPorts): string {
  return `nft 'table inet ${name}; delete table inet ${name}; ${tableText(name, ports, false)}'`;
}

/**
 * Returns one line for the user: which ports are open, why, and how to close them. `portBase` tells
 * several boxes on one machine apart.
 */
export function openPortsText(reason: string, ports: ClosedPorts, portBase: number): string {
  const named = Object.entries(ports).flatMap(([transport, ranges]) =>
    ranges.length === 0 ? [] : [`${transport.toUpperCase()} ${printRanges(ranges)}`],
  );
  const command = closingCommand(`srs_children_${portBase}`, ports);
  return `children.firewall: ${reason}: others can reach the children's media ports, ${named.join(' and ')}; as root, run: ${command} (then set children.firewall to off)`;
}

import type { ClosedPorts, PortRange } from './exposed.js';

/**
 * One line that makes a table which drops what comes to these ports from anywhere but loopback: this
 * machine's own other addresses count as outside. Chains of priority 0 come before those of the
 * relay's, so a client's datagram that the kernel takes to a child still has our public port.
 * `owned`: the table goes with the process that makes it.
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

/** For a shell: closes these ports by a table of its own, on a machine with or without others. */
export function closingCommand(name: string, ports: ClosedPorts): string {
  return `nft 'table inet ${name}; delete table inet ${name}; ${tableText(name, ports, false)}'`;
}

/** One line for people: what is open, why, and how to close it. `portBase` tells boxes of a machine apart. */
export function openPortsText(reason: string, ports: ClosedPorts, portBase: number): string {
  const named = Object.entries(ports).flatMap(([transport, ranges]) =>
    ranges.length === 0 ? [] : [`${transport.toUpperCase()} ${printRanges(ranges)}`],
  );
  const command = closingCommand(`srs_children_${portBase}`, ports);
  return `children.firewall: ${reason}: others can reach the children's media ports, ${named.join(' and ')}; as root, run: ${command} (then set children.firewall to off)`;
}

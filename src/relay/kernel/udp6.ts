import { readFileSync } from 'node:fs';

const SOCKETS = '/proc/net/udp6';
const ANY = '0'.repeat(32);

/** Whether somebody takes datagrams for every IPv6 address at this port; children often have IPv4 alone. */
export function takesIPv6(port: number): boolean {
  try {
    return listsPort(readFileSync(SOCKETS, 'latin1'), port);
  } catch {
    return false;
  }
}

/** `table`: the text of /proc/net/udp6. */
export function listsPort(table: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table.includes(` ${ANY}:${hex} `);
}

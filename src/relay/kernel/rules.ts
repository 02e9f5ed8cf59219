import ipaddr from 'ipaddr.js';
import type { UdpEndpoint } from '../udp.js';

/** A client whose datagrams to our port shall reach a child of this machine by the kernel. */
export interface Steered {
  readonly client: UdpEndpoint;
  readonly childPort: number;
  /** STUN's USERNAME in the client's checks. */
  readonly username: string;
}

/** The kernel's counts for one element of a set: whole IP packets. */
export interface Count {
  /** `in4`, … */
  readonly set: string;
  /** `ip port`, as `keyOf` writes it. */
  readonly key: string;
  readonly packets: number;
  readonly bytes: number;
}

export interface Table {
  readonly name: string;
  readonly port: number;
  /** The port's address, in one family alone; null: all. */
  readonly host: string | null;
  /** Clients of each family at most. */
  readonly size: number;
}

/** The part of a USERNAME that tells sessions apart, as long as STUN's shortest: 4, `:`, 4. */
const NAME_BITS = 16 * 8;
const NAME_BYTES = NAME_BITS / 8;
/** STUN's type, its first attribute's type and value: offsets in bits from the UDP header on. */
const CHECK = `@th,64,16 0x0001 @th,224,16 0x0006`;
const NAME = `@th,256,${NAME_BITS}`;
/** A DTLS 1.2 record of type alert. */
const ALERT = '@th,64,16 0x15fe';
/** Time that a client's own address is remembered after its last datagram. */
const TIMEOUT = '40s';

const FAMILIES = [
  { digit: 4, type: 'ipv4_addr', ip: 'ip', withPort: true },
  // nft has no registers left for the port, and no NAT makes one address of many clients.
  { digit: 6, type: 'ipv6_addr', ip: 'ip6', withPort: false },
] as const;
type Family = (typeof FAMILIES)[number];

/**
 * One line that makes the table. Packets are steered behind every input filter and before every
 * output filter, without address translation: firewalls and conntrack see our public port alone,
 * both ways. The table's owner is who makes it: it goes with that process.
 */
export function tableCommand(table: Table): string {
  const { name } = table;
  return [
    `add table inet ${name} { flags owner; }`,
    `add chain inet ${name} in { type filter hook input priority 300; }`,
    `add chain inet ${name} out { type filter hook output priority -400; }`,
    ...familiesOf(table).flatMap((family) => familyCommands(table, family)),
  ].join('; ');
}

function familyCommands(table: Table, family: Family): string[] {
  const { digit } = family;
  const add = (kind: string, rest: string) => `add ${kind} inet ${table.name} ${rest}`;
  return [
    ...setsOf(family).map(([kind, name, body]) =>
      add(kind, `${name}${digit} { ${body}; size ${table.size}; }`),
    ),
    ...rulesOf(table, family).map((rule) => add('rule', rule)),
  ];
}

/** Kind, name and body. `local`: the address of ours that a client uses, and gets answers from. */
function setsOf({ type, ip, withPort }: Family): [string, string, string][] {
  const client = `type ${type} . inet_service`;
  const dynamic = `flags dynamic; timeout ${TIMEOUT}`;
  const known = withPort ? client : `type ${type}`;
  return [
    ['map', 'in', `${client} : inet_service; counter`],
    ['set', 'out', `${client} . inet_service; counter`],
    ['set', 'names', `typeof ${ip} saddr . udp sport . ${NAME}`],
    ['set', 'left', `${client}; ${dynamic}`],
    ['map', 'local', `${known} : ${type}; ${dynamic}`],
  ];
}

function rulesOf({ port, host }: Table, { digit, ip, withPort }: Family): string[] {
  const from = `${ip} saddr . udp sport`;
  const back = `${ip} daddr . udp dport`;
  const [seen, seenBack] = withPort ? [from, back] : [`${ip} saddr`, `${ip} daddr`];
  const to = `${host === null ? '' : `${ip} daddr ${host} `}udp dport ${port}`;
  const steer = `udp dport set ${from} map @in${digit}`;
  const answer = `udp sport set ${port} ${ip} saddr set ${seenBack} map @local${digit}`;
  return [
    // The check of another session is for us: who it is for has to be found anew.
    `in ${to} ${CHECK} ${from} . ${NAME} != @names${digit} accept`,
    `in ${to} ${steer} update @local${digit} { ${seen} : ${ip} daddr } ${ALERT} add @left${digit} { ${from} }`,
    `out ${back} . udp sport @out${digit} ${answer} ${ALERT} add @left${digit} { ${back} }`,
  ];
}

/** Null for a client that cannot be steered: not of the port's family, or of one link alone. */
export function keyOf(table: Table, { ip, port }: UdpEndpoint): string | null {
  const family = familiesOf(table).find(({ digit }) => (digit === 6) === ip.includes(':'));
  const isPlain =
    ipaddr.isValid(ip) && !ip.includes('%') && ipaddr.parse(ip).range() !== 'linkLocal';
  return family !== undefined && isPlain ? `${ip} ${port}` : null;
}

/** One line; all of it happens or nothing. */
export function addCommand({ name }: Table, steered: Steered): string {
  return elementsOf(steered, true)
    .map(({ set, element }) => `add element inet ${name} ${set} { ${element} }`)
    .join('; ');
}

export function deleteCommand({ name }: Table, steered: Steered): string {
  return elementsOf(steered, false)
    .map(({ set, element }) => `delete element inet ${name} ${set} { ${element} }`)
    .join('; ');
}

function elementsOf({ client, childPort, username }: Steered, withValue: boolean) {
  const address = ipaddr.parse(client.ip);
  const digit = address.kind() === 'ipv6' ? 6 : 4;
  const key = `${address.toString()} . ${client.port}`;
  const named = Buffer.alloc(NAME_BYTES, username).subarray(0, NAME_BYTES).toString('hex');
  return [
    { set: `in${digit}`, element: withValue ? `${key} : ${childPort}` : key },
    { set: `out${digit}`, element: `${key} . ${childPort}` },
    { set: `names${digit}`, element: `${key} . 0x${named}` },
  ];
}

/** One line that asks for all counters; the answer comes in lines for `countsIn`. */
export function listCommands(table: Table): string[] {
  return familiesOf(table).flatMap(({ digit }) => [
    `list map inet ${table.name} in${digit}`,
    `list set inet ${table.name} out${digit}`,
    `list set inet ${table.name} left${digit}`,
  ]);
}

function familiesOf({ host }: Table): readonly Family[] {
  if (host === null || host === '::') return FAMILIES;
  return FAMILIES.filter(({ digit }) => (digit === 6) === host.includes(':'));
}

/** The trace of a farewell that was heard. */
export function forgetCommand({ name }: Table, { set, key }: Count): string {
  return `delete element inet ${name} ${set} { ${key.replace(' ', ' . ')} }`;
}

interface Listed {
  readonly name: string;
  readonly elem?: readonly unknown[];
}

/** nft's answer to one of `listCommands`: JSON in a line. Null for anything else. */
export function countsIn(line: string): Count[] | null {
  const { nftables = [] } = parse(line);
  const listed = nftables.map((item) => item.map ?? item.set).find((item) => item !== undefined);
  return listed ? (listed.elem ?? []).flatMap((item) => countOf(listed.name, item)) : null;
}

/** An nft that is killed leaves half a line. */
function parse(line: string): { readonly nftables?: readonly Record<string, Listed>[] } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

interface Element {
  readonly val?: { readonly concat?: readonly unknown[] };
  readonly counter?: { readonly packets: number; readonly bytes: number };
}

/** A map's elements are pairs of element and value. */
function countOf(set: string, item: unknown): Count[] {
  const { elem } = (Array.isArray(item) ? item[0] : item) as { elem?: Element };
  const [ip, port] = elem?.val?.concat ?? [];
  if (typeof ip !== 'string' || typeof port !== 'number') return [];
  const { packets = 0, bytes = 0 } = elem?.counter ?? {};
  return [{ set, key: `${ip} ${port}`, packets, bytes }];
}

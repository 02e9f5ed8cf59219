import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import { formatAddress } from '../config/address.js';
import type { Address, Config } from '../config/config.js';
import { codeOf } from '../errors.js';
import { listenError } from '../listener/listen-error.js';
import type { Outcome } from './findings.js';

/** TCP listeners that a start binds. */
const TCP = ['rtmp', 'rtmps', 'http', 'https', 'api', 'apiHttps', 'peer', 'admin', 'rtc'] as const;
const UDP = ['rtc', 'srt'] as const;

/**
 * Binds each configured port and closes it again, except those that `before` has open at the same
 * address. Throws ERR_LISTEN.
 */
export async function provePorts(
  config: Config,
  before: Config | null = null,
): Promise<Outcome<null>> {
  const free = new Set<string>();
  const prove = async (name: keyof Config['listen'], proveOne: typeof proveFree) => {
    const address = openedAt(config, name);
    if (address === null || isAt(before, name, address)) return;
    await proveOne(`listen.${name}`, address);
    free.add(`${name} ${formatAddress(address)}`);
  };
  for (const name of TCP) await prove(name, proveFree);
  for (const name of UDP) await prove(name, proveUdpFree);
  return { value: null, text: `free: ${[...free].join(', ')}` };
}

/**
 * Returns the names of the ports of which one configuration has clients that the other one cannot
 * keep: it does not open the port, or opens a UDP port at another address or for another way of
 * media.
 */
export function portsGone(before: Config, after: Config): string[] {
  const names = Object.keys(before.listen) as (keyof Config['listen'])[];
  const isOpen = (config: Config, name: keyof Config['listen']) => openedAt(config, name) !== null;
  const hasMoved = (name: keyof Config['listen']) => {
    const address = openedAt(after, name);
    return address !== null && !isAt(before, name, address);
  };
  const gone = names.filter((name) => isOpen(before, name) && !isOpen(after, name));
  const moved = UDP.filter((name) => isOpen(before, name) && hasMoved(name));
  const media = before.rtc.media === after.rtc.media ? [] : ['rtc'];
  return [...new Set([...gone, ...moved, ...media])];
}

/**
 * Returns the address at which a start opens that port; null: it does not. The peer port is open
 * only with a shared registry, the media port unless media goes directly to the children.
 */
function openedAt(config: Config, name: keyof Config['listen']): Address | null {
  const { registry, cluster, rtc, listen } = config;
  if (name === 'peer' && (registry === 'memory' || cluster.secret === null)) return null;
  return name === 'rtc' && rtc.media === 'direct' ? null : listen[name];
}

function isAt(config: Config | null, name: keyof Config['listen'], address: Address): boolean {
  const known = config && openedAt(config, name);
  return known !== null && formatAddress(known) === formatAddress(address);
}

async function proveUdpFree(key: string, address: Address): Promise<void> {
  const { host = '::', port } = address;
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  try {
    socket.bind({ address: host, port, exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    // A machine without IPv6 listens on IPv4 only.
    if (codeOf(error) !== 'EAFNOSUPPORT') throw listenError(key, address, error);
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

async function proveFree(key: string, address: Address): Promise<void> {
  const server = createServer();
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    throw listenError(key, address, error);
  }
  server.close();
  await once(server, 'close');
}

import type { Binary } from '../child/binary.js';
import { PORT_STRIDE } from '../child/ports.js';
import type { ChildPorts } from '../child/types.js';
import type { Config } from '../config/config.js';

/** Media ports of the children that are bound to all addresses although only we need them. */
export interface Exposed {
  readonly rtc: boolean;
  readonly srt: boolean;
}

/** The firewall's part of a start: the exposed ports, and the obstacle to closing them. */
export interface FirewallPlan {
  readonly exposed: Exposed;
  /** Why the ports cannot be closed; null if they can. */
  readonly obstacle: string | null;
}

/** Ports that others must not reach, sorted and merged. */
export interface ClosedPorts {
  readonly udp: readonly PortRange[];
  readonly tcp: readonly PortRange[];
}

/** First and last port. */
export type PortRange = readonly [number, number];

/**
 * Reports which media servers can be bound to loopback. With `rtc.media: direct` clients connect to
 * the child's port, and with `offload` the kernel forwards datagrams for an address of the machine.
 */
export function bindsLoopback(
  { rtc }: Pick<Config, 'rtc'>,
  { bindsMedia }: Pick<Binary, 'bindsMedia'>,
): Exposed {
  return { rtc: bindsMedia && rtc.media === 'relay', srt: bindsMedia };
}

/** Reports which media ports need a firewall; ports that `direct` opens on purpose do not. */
export function exposedMedia(
  config: Pick<Config, 'listen' | 'rtc'>,
  binary: Pick<Binary, 'kind' | 'bindsMedia'>,
): Exposed {
  const { listen, rtc } = config;
  const onLoopback = bindsLoopback(config, binary);
  const hasChildren = binary.kind !== 'none';
  return {
    rtc: hasChildren && listen.rtc !== null && rtc.media !== 'direct' && !onLoopback.rtc,
    srt: hasChildren && listen.srt !== null && !onLoopback.srt,
  };
}

/** Returns the exposed ports of these children. */
export function closedPorts(children: readonly ChildPorts[], { rtc, srt }: Exposed): ClosedPorts {
  const spared = new Set(rtc ? [] : children.map((ports) => ports.rtc));
  const rtcPorts = rtc ? children.map((ports) => ports.rtc) : [];
  const srtPorts = srt ? children.map((ports) => ports.srt) : [];
  return { udp: merge([...rtcPorts, ...srtPorts], spared), tcp: merge(rtcPorts, spared) };
}

/**
 * Merges ports to ranges. A range may include the children's other ports in between unless one of
 * them is `spared`: 128 children then need one range, not 128.
 */
function merge(ports: readonly number[], spared: ReadonlySet<number>): PortRange[] {
  const ranges: [number, number][] = [];
  for (const port of [...ports].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last && isBridged(last[1], port, spared)) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges;
}

function isBridged(from: number, to: number, spared: ReadonlySet<number>): boolean {
  const between = Array.from({ length: to - from - 1 }, (_, i) => from + 1 + i);
  return to - from <= PORT_STRIDE && !between.some((port) => spared.has(port));
}

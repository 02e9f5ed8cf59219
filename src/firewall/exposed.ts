import type { Binary } from '../child/binary.js';
import { PORT_STRIDE } from '../child/ports.js';
import type { ChildPorts } from '../child/types.js';
import type { Config } from '../config/config.js';

/** Which media ports of a child are bound to every address, although only we have to reach them. */
export interface Exposed {
  readonly rtc: boolean;
  readonly srt: boolean;
}

/** What a start has found out: it closes the exposed ports, or says that it cannot. */
export interface FirewallPlan {
  readonly exposed: Exposed;
  /** Why nothing can be closed here; null: it can. */
  readonly obstacle: string | null;
}

/** Ports that others must not reach, ascending and merged. */
export interface ClosedPorts {
  readonly udp: readonly PortRange[];
  readonly tcp: readonly PortRange[];
}

/** First and last port. */
export type PortRange = readonly [number, number];

/**
 * Which media servers can listen on loopback alone: `rtc.media: direct` has clients come to the child's
 * port, and with `offload` the kernel hands over datagrams that were sent to an address of the machine.
 */
export function bindsLoopback(
  { rtc }: Pick<Config, 'rtc'>,
  { bindsMedia }: Pick<Binary, 'bindsMedia'>,
): Exposed {
  return { rtc: bindsMedia && rtc.media === 'relay', srt: bindsMedia };
}

/** What is left to a firewall; not what `direct` opens on purpose. */
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

/** The exposed ports of these children. */
export function closedPorts(children: readonly ChildPorts[], { rtc, srt }: Exposed): ClosedPorts {
  const spared = new Set(rtc ? [] : children.map((ports) => ports.rtc));
  const rtcPorts = rtc ? children.map((ports) => ports.rtc) : [];
  const srtPorts = srt ? children.map((ports) => ports.srt) : [];
  return { udp: merge([...rtcPorts, ...srtPorts], spared), tcp: merge(rtcPorts, spared) };
}

/**
 * Neighbours become one range, with the ports of their children's own between them, unless one of
 * these is `spared`: a machine of 128 children has one range, not 128.
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

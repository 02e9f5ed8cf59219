import { serverIdOf } from '../child/server-id.js';
import { LoopClock } from '../clock/loop.js';
import { pinMain, pinSelf } from '../cpu/affinity.js';
import { CpuChanges } from '../cpu/changes.js';
import { EventLog } from '../events/event-log.js';
import type { Certificate } from '../listener/certificate.js';
import type { StreamFanout } from '../listener/stream-fanout.js';
import { redact } from '../logging/redact.js';
import { attachEvents } from '../logging/tell.js';
import { openEngine } from '../relay/engine.js';
import type { RelayEngine } from '../relay/relay.js';
import { raisePriority } from '../system/priority.js';
import { makeFanout } from './fanout.js';
import type { KeptPairs } from './kept-pairs.js';
import { PARTS } from './kept-parts.js';
import { Listeners } from './listeners.js';
import type { SupervisorOptions } from './options.js';
import { boxRecord, openMap, type SharedMap } from './registry.js';
import { type Current, Renewals } from './renewals.js';
import type { Rooms } from './rooms.js';
import { openCertificate, renewTls } from './tls.js';
import { UdpPorts } from './udp-ports.js';

/** Parts that all others are built on. */
export interface Ground {
  readonly serverId: string;
  /** Stores a new server id, for later starts. */
  readonly keepServerId: () => Promise<void>;
  readonly loop: LoopClock;
  readonly changes: CpuChanges;
  readonly engine: RelayEngine;
  /** Pairs of the program before this one; null: there are none. */
  readonly pairs: KeptPairs | null;
  readonly udpPorts: UdpPorts;
  /** Null: no players share a connection to a child. */
  readonly fanout: StreamFanout | null;
  /** Null: no port speaks TLS. */
  readonly certificate: Certificate | null;
  readonly listeners: Listeners;
  readonly map: SharedMap;
  readonly current: Current;
  readonly renewals: Renewals;
  readonly events: EventLog;
}

/** Returns the CPUs of the control thread and the relay; none: any. */
export function relayCpusOf({ pinning, plan }: SupervisorOptions['prepared']): readonly number[] {
  return pinning === null ? [] : plan.reserved;
}

/**
 * Opens the parts that others are built on, and registers them in `rooms` to be closed. @throws
 * ERR_CONFIG, ERR_REGISTRY_AWAY
 */
export async function openGround(options: SupervisorOptions, rooms: Rooms): Promise<Ground> {
  const { prepared, logger, hide, inheritance = null, taken = null } = options;
  const events = new EventLog({ hide: (text) => redact(hide?.(text) ?? text) });
  const before = inheritance?.part(PARTS.events) ?? null;
  if (before !== null) events.goOn(before);
  attachEvents(logger, events);
  const { config, template, pipes } = prepared;
  const changes = new CpuChanges();
  const cpus = relayCpusOf(prepared);
  // Pin before any thread exists: this call would undo the one CPU of each relay thread.
  if (cpus.length > 0) await (taken === null ? pinSelf(cpus) : pinMain(cpus));
  // Before any thread exists, too: later ones inherit it.
  if (!raisePriority()) logger.debug('no right to a higher priority than the children have');
  const { id: serverId, keep: keepServerId } = await serverIdOf(config.workDir, template);
  const relayLog = logger.child({ room: 'relay' });
  const engine =
    taken?.engine ?? (await openEngine({ ...config.relay, cpus, pipes, logger: relayLog }));
  engine.keeping?.logTo(relayLog);
  const { pairs = null, udpPorts = new UdpPorts() } = taken ?? {};
  rooms.opened('relay', engine);
  const certificate = await openCertificate(config, logger);
  if (certificate !== null) rooms.opened('certificate', { close: async () => certificate.close() });
  const listeners = new Listeners();
  const record = () => boxRecord(config, serverId, listeners);
  const { id: kept = null } = inheritance?.part(PARTS.box) ?? {};
  const map = await openMap(config, record, logger.child({ room: 'registry' }), kept);
  rooms.opened('registry', map.registry);
  const renewals = new Renewals();
  renewTls(renewals, certificate);
  const current = { config, template };
  const fanout = makeFanout(engine, current);
  const reloading = { current, renewals, fanout };
  const relays = { engine, pairs, udpPorts };
  const parts = { loop: new LoopClock(), changes, certificate, listeners, map };
  return { serverId, keepServerId, ...relays, ...parts, ...reloading, events };
}

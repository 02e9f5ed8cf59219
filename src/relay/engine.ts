import { arch, availableParallelism, platform } from 'node:os';
import { messageOf, SupervisorError } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import type { KeptUdpPort } from './kept-udp.js';
import type { NativeOptions } from './native/engine.js';
import { PortableEngine } from './portable/tcp.js';
import { PortableUdpRelay } from './portable/udp.js';
import type { RelayEngine } from './relay.js';
import { selfTest } from './self-test.js';
import type { UdpRelay, UdpRelayOptions } from './udp.js';

/** On a machine of its own one relay thread keeps up with four children that send all they can. */
const CORES_PER_THREAD = 4;

export interface EngineOptions {
  readonly engine: 'auto' | 'native' | 'portable';
  /** Relay threads of the native engine; auto: one for each of `cpus`, else for four cores. */
  readonly threads: 'auto' | number;
  /** Threads are pinned to these in turn; none: they run anywhere. */
  readonly cpus: readonly number[];
  /** Most pipes of all threads together; default: as many as they can use. */
  readonly pipes?: number;
  /** It has worked in this process before, and is not tested again. Default: false. */
  readonly isProven?: boolean;
  readonly logger: Logger;
}

/** The native room, loaded only where it is wanted: it needs koffi. */
interface NativeModule {
  readonly NativeEngine: new (options: NativeOptions) => RelayEngine;
}

const loadNative = (): Promise<NativeModule> => import('./native/engine.js');

/**
 * Opens the engine that the configuration names. `auto`: the native one where it proves to work,
 * else the portable one and a warning. Rejects with ERR_CONFIG where `native` does not work.
 */
export async function openEngine(
  options: EngineOptions,
  load: () => Promise<NativeModule> = loadNative,
): Promise<RelayEngine> {
  const { engine, logger } = options;
  if (engine === 'portable') return new PortableEngine();
  try {
    return await openNative(options, load);
  } catch (error) {
    const reason = messageOf(error).split('\n', 1)[0] ?? '';
    if (engine === 'native') throw refused(reason, error);
    const text = 'relay.engine: native does not work here; portable costs twice the CPU';
    logger.warn({ reason }, text);
    return new PortableEngine();
  }
}

export interface UdpThreads {
  readonly logger: Logger;
  /** The CPU of the native relay's thread; null: any. */
  readonly cpu: number | null;
  /** Several threads of it on the one port, each on its CPU or on any; default: one, on `cpu`. */
  readonly cpus?: readonly (number | null)[];
}

/**
 * Opens a UDP port that is relayed by the means of an engine that `openEngine` chose, on threads of
 * its own where that is the native one. Rejects with an error whose code says why (`EADDRINUSE`,
 * …).
 */
export async function openUdpRelay(
  engine: RelayEngine['name'],
  options: UdpRelayOptions,
  { logger, cpu, cpus = [] }: UdpThreads,
): Promise<UdpRelay> {
  // The kernel's structures are laid out here for 64-bit machines.
  if (engine === 'portable' || !['x64', 'arm64'].includes(arch())) {
    return PortableUdpRelay.open(options);
  }
  if (cpus.length > 1) {
    const { NativeUdpGroup } = await import('./native/udp-group.js');
    return NativeUdpGroup.open(options, logger, cpus);
  }
  const { NativeUdpRelay } = await import('./native/udp.js');
  return new NativeUdpRelay(options, logger, { cpu: cpus[0] ?? cpu });
}

/** Goes on with a UDP port that the program before this one has given away. */
export async function takeUdpPort(
  options: UdpRelayOptions,
  { sockets, cpus }: Pick<KeptUdpPort, 'sockets' | 'cpus'>,
  logger: Logger,
): Promise<UdpRelay> {
  if (sockets.length > 1) {
    const { NativeUdpGroup } = await import('./native/udp-group.js');
    return NativeUdpGroup.goOn(options, logger, { sockets, cpus });
  }
  const { NativeUdpRelay } = await import('./native/udp.js');
  return new NativeUdpRelay(options, logger, { cpu: cpus[0] ?? null, left: sockets[0] ?? null });
}

async function openNative(
  { threads, cpus, pipes, isProven = false, logger }: EngineOptions,
  load: () => Promise<NativeModule>,
): Promise<RelayEngine> {
  if (platform() !== 'linux') throw new Error(`it needs Linux, this is ${platform()}`);
  const { NativeEngine } = await load();
  const count = threads === 'auto' ? autoThreads(cpus) : threads;
  const most = pipes === undefined ? {} : { pipes };
  const engine = new NativeEngine({ threads: count, cpus, logger, ...most });
  try {
    if (!isProven) await selfTest(engine);
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function autoThreads(cpus: readonly number[]): number {
  return cpus.length || Math.ceil(availableParallelism() / CORES_PER_THREAD);
}

function refused(reason: string, cause: unknown): SupervisorError {
  const mend = 'set relay.engine (--relay) to auto or portable';
  const text = `relay.engine: native does not work: ${reason}; ${mend}`;
  return new SupervisorError('ERR_CONFIG', text, { cause });
}

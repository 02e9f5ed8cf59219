/**
 * Imported before the rest of the program where another one has run in this process before: the
 * relay goes on first, because media stand still until it does.
 */
import { silentLogger } from '../logging/logger.js';
import type { TakenRelay } from '../supervisor/kept-pairs.js';
import type { Inheritance } from '../upgrade/inheritance.js';
import { STATE_VARIABLE } from '../upgrade/variable.js';

/** State that the program before has left, and the relay that goes on with its pairs. */
export interface HandedOver {
  readonly inheritance: Inheritance;
  /** Null: it has left no pairs. */
  readonly relay: TakenRelay | null;
}

/** Null: no program has been here before. */
export const handedOver: HandedOver | null =
  process.env[STATE_VARIABLE] === undefined ? null : await takeOver();

async function takeOver(): Promise<HandedOver | null> {
  const { loadPosix } = await import('../system/posix.js');
  const { takeHandover } = await import('../upgrade/exec.js');
  const { Inheritance: Left } = await import('../upgrade/inheritance.js');
  const posix = await loadPosix();
  const handover = takeHandover(posix, process.env);
  if (handover === null || posix === null) return null;
  const [, script = '', ...words] = process.argv;
  const inheritance = new Left(handover, posix, { script, words, env: process.env });
  return { inheritance, relay: await startRelay(inheritance) };
}

async function startRelay(inheritance: Inheritance): Promise<TakenRelay | null> {
  const { PARTS } = await import('../supervisor/kept-parts.js');
  const { KeptPairs } = await import('../supervisor/kept-pairs.js');
  const { openEngine } = await import('../relay/engine.js');
  const { UdpPorts } = await import('../supervisor/udp-ports.js');
  const { raisePriority } = await import('../system/priority.js');
  const relay = inheritance.part(PARTS.relay);
  if (relay === null) return null;
  // Before any thread exists: later ones inherit it.
  raisePriority();
  const options = { ...relay, engine: 'native', isProven: true, logger: silentLogger } as const;
  const engine = await openEngine(options);
  if (engine.keeping === null) return null;
  const pairs = KeptPairs.take(engine.keeping, inheritance);
  return { engine, pairs, udpPorts: await UdpPorts.take(inheritance) };
}

import { SupervisorError } from '../../src/errors.js';
import { Placement } from '../../src/placement/placement.js';
import type { PlacementOptions } from '../../src/placement/placement-options.js';
import type { Candidate } from '../../src/placement/types.js';
import { MemoryRegistry } from '../../src/registry/memory.js';
import type { Claim } from '../../src/registry/registry.js';
import type { StreamKey } from '../../src/stream-key.js';

export const GRACE_MS = 10_000;
export const LEASE_MS = 30_000;

/** An idle, open child with room for 1000. */
export function candidate(part: Partial<Candidate> = {}): Candidate {
  return {
    id: 'c001',
    generation: 1,
    alive: true,
    open: true,
    cpu: 0,
    connections: 0,
    maxConnections: 1000,
    streams: 0,
    maxStreams: 0,
    bitrate: 0,
    maxBitrate: 0,
    warmth: 1,
    leaving: false,
    ...part,
  };
}

/** Remembers which streams were claimed, so that a test can ask for each of them. */
class RememberingRegistry extends MemoryRegistry {
  readonly #streams = new Set<StreamKey>();

  override async claim(...args: Parameters<MemoryRegistry['claim']>) {
    this.#streams.add(args[0]);
    return super.claim(...args);
  }

  /** All living claims, in order of their key. */
  async list(): Promise<Claim[]> {
    const found = await Promise.all([...this.#streams].sort().map((stream) => this.find(stream)));
    return found.flatMap((claim) => claim ?? []);
  }
}

/** A placement over a fleet that the test moves, with a clock that the test moves. */
export class World {
  now = 1_000_000;
  readonly fleet: Candidate[];
  readonly registry = new RememberingRegistry({ now: () => this.now, leaseMs: LEASE_MS });
  readonly placement: Placement;

  constructor(children: number, options: Pick<PlacementOptions, 'onMoved'> = {}) {
    this.fleet = Array.from({ length: children }, (_, i) => candidate({ id: `c${i}` }));
    this.placement = new Placement({
      registry: this.registry,
      candidates: () => this.fleet,
      clock: () => this.now,
      graceMs: GRACE_MS,
      ...options,
    });
  }

  change(index: number, part: Partial<Candidate>): void {
    this.fleet[index] = { ...this.fleet[index]!, ...part };
  }

  /** The child dies and its next generation is ready at once. */
  async crash(index: number): Promise<void> {
    const { id, generation } = this.fleet[index]!;
    this.change(index, { generation: generation + 1, open: true });
    await this.placement.childDown({ id, generation });
  }

  /** Moves the clock in steps of a second, as the timer would. */
  async pass(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + 1000);
      await this.placement.tick();
    }
    await settled();
  }

  async claimed(): Promise<string[]> {
    await settled();
    return (await this.registry.list()).map(({ stream }) => stream);
  }
}

/** Refuses to change anything while it is away, and keeps what it had. */
export class AwayRegistry extends RememberingRegistry {
  away = true;

  override async claim(...args: Parameters<MemoryRegistry['claim']>) {
    this.#assertHere();
    return super.claim(...args);
  }

  override async renew(...args: Parameters<MemoryRegistry['renew']>) {
    this.#assertHere();
    return super.renew(...args);
  }

  override async release(...args: Parameters<MemoryRegistry['release']>) {
    this.#assertHere();
    return super.release(...args);
  }

  override async releaseAll(...args: Parameters<MemoryRegistry['releaseAll']>) {
    this.#assertHere();
    return super.releaseAll(...args);
  }

  #assertHere(): void {
    if (this.away) throw new SupervisorError('ERR_REGISTRY_AWAY', 'registry: away');
  }
}

/** Lets all that is under way in memory finish. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

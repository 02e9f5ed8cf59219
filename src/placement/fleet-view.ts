import { isSameLife, type OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';
import type { Tally } from './tally.js';
import type { Candidate, Serving } from './types.js';

export interface FleetViewOptions {
  /** Returns a snapshot of all children; called for each new stream. */
  readonly candidates: () => readonly Candidate[];
  /** Returns one child; called for each client. Default: searches `candidates`. */
  readonly child?: (id: string) => Serving | null;
  /** Returns whether a child has the vhost of that stream; default: each has it. */
  readonly mayTake?: (child: OwnerRef, stream: StreamKey) => boolean;
  /** Reports whether another box is alive; default: there are no other boxes. */
  readonly isBoxAlive?: (box: string) => boolean;
}

/**
 * The children as placement sees them: without those known dead, and with the streams placed just
 * now.
 */
export class FleetView {
  readonly #options: FleetViewOptions;
  readonly #tally: Tally;
  /** Child id -> latest generation known dead, which `candidates` may not reflect yet. */
  readonly #down = new Map<string, number>();

  constructor(options: FleetViewOptions, tally: Tally) {
    this.#options = options;
    this.#tally = tally;
  }

  down({ id, generation }: OwnerRef): void {
    this.#down.set(id, Math.max(generation, this.#down.get(id) ?? 0));
  }

  /** Returns that generation of the child while it serves. Of another box only the box is known. */
  find(ref: OwnerRef): Pick<Serving, 'open'> | undefined {
    const { isBoxAlive } = this.#options;
    if (ref.box !== undefined) return isBoxAlive?.(ref.box) ? { open: true } : undefined;
    const child = this.#child(ref.id);
    return child && isSameLife(child, ref) && this.#isUp(child) ? child : undefined;
  }

  /**
   * Returns the children that serve and may take that stream. Their counts lag, so ours are used
   * where they are higher.
   */
  snapshot(stream: StreamKey): Candidate[] {
    const { candidates, mayTake = () => true } = this.#options;
    return candidates()
      .filter((child) => this.#isUp(child) && mayTake(child, stream))
      .map((child) => {
        const { streams } = this.#tally.of(child.id);
        const connections = this.#tally.connectionsOf(child.id);
        if (child.streams >= streams && child.connections >= connections) return child;
        return {
          ...child,
          streams: Math.max(child.streams, streams),
          connections: Math.max(child.connections, connections),
        };
      });
  }

  #child(id: string): Serving | null | undefined {
    const { child, candidates } = this.#options;
    return child ? child(id) : candidates().find((one) => one.id === id);
  }

  #isUp({ id, generation, alive }: Serving): boolean {
    return alive && generation > (this.#down.get(id) ?? 0);
  }
}

import { isSameLife, type OwnerRef } from '../owner.js';
import type { Tally } from './tally.js';
import type { Candidate, Serving } from './types.js';

export interface FleetViewOptions {
  /** All children now, as plain values; asked for each new stream. */
  readonly candidates: () => readonly Candidate[];
  /** One of them; asked for each client. Default: it is looked for among all. */
  readonly child?: (id: string) => Serving | null;
  /** Whether another box is alive; default: there are none. */
  readonly isBoxAlive?: (box: string) => boolean;
}

/** The children as placement sees them: what is known dead is dead, what was just placed counts. */
export class FleetView {
  readonly #options: FleetViewOptions;
  readonly #tally: Tally;
  /** Child id -> the last generation known dead, where the candidates may not say so yet. */
  readonly #down = new Map<string, number>();

  constructor(options: FleetViewOptions, tally: Tally) {
    this.#options = options;
    this.#tally = tally;
  }

  down({ id, generation }: OwnerRef): void {
    this.#down.set(id, Math.max(generation, this.#down.get(id) ?? 0));
  }

  /** That very life, while it serves. Of other boxes only the box is known. */
  find(ref: OwnerRef): Pick<Serving, 'open'> | undefined {
    const { isBoxAlive } = this.#options;
    if (ref.box !== undefined) return isBoxAlive?.(ref.box) ? { open: true } : undefined;
    const child = this.#child(ref.id);
    return child && isSameLife(child, ref) && this.#isUp(child) ? child : undefined;
  }

  /** All that serve. The children's own numbers lag; what we have just placed must count at once. */
  snapshot(): Candidate[] {
    return this.#options
      .candidates()
      .filter((child) => this.#isUp(child))
      .map((child) => {
        const { streams, clients } = this.#tally.of(child.id);
        return {
          ...child,
          streams: Math.max(child.streams, streams),
          connections: Math.max(child.connections, clients),
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

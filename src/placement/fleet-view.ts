import { type ChildRef, isSameLife } from '../child/types.js';
import type { Tally } from './tally.js';
import type { Candidate } from './types.js';

/** The children as placement sees them: what is known dead is dead, what was just placed counts. */
export class FleetView {
  readonly #candidates: () => readonly Candidate[];
  readonly #tally: Tally;
  /** Child id -> the last generation known dead, where the candidates may not say so yet. */
  readonly #down = new Map<string, number>();

  /** Whether another box is alive. */
  readonly #isBoxAlive: (box: string) => boolean;

  constructor(
    candidates: () => readonly Candidate[],
    tally: Tally,
    isBoxAlive: (box: string) => boolean = () => false,
  ) {
    this.#candidates = candidates;
    this.#tally = tally;
    this.#isBoxAlive = isBoxAlive;
  }

  down({ id, generation }: ChildRef): void {
    this.#down.set(id, Math.max(generation, this.#down.get(id) ?? 0));
  }

  /** That very life, while it serves. Of other boxes only the box is known. */
  find(ref: ChildRef): Pick<Candidate, 'open'> | undefined {
    if (ref.box !== undefined) return this.#isBoxAlive(ref.box) ? { open: true } : undefined;
    return this.#candidates().find((child) => isSameLife(child, ref) && this.#isUp(child));
  }

  /** All that serve. The children's own numbers lag; what we have just placed must count at once. */
  snapshot(): Candidate[] {
    return this.#candidates()
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

  #isUp({ id, generation, alive }: Candidate): boolean {
    return alive && generation > (this.#down.get(id) ?? 0);
  }
}

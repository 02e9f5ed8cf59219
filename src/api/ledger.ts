/** A child's counters since its start, by name. */
export type Counts = ReadonlyMap<string, number>;

interface Entry {
  readonly generation: number;
  readonly counts: Counts;
}

/**
 * Sums children's counters so that the sums never decrease: the last known counts of an ended
 * generation stay in the sum. One entry per child id.
 */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #past = new Map<string, number>();

  note(child: string, generation: number, counts: Counts): void {
    const known = this.#entries.get(child);
    if (known !== undefined && known.generation > generation) return;
    if (known !== undefined && known.generation < generation) add(this.#past, known.counts);
    this.#entries.set(child, { generation, counts });
  }

  totals(): Map<string, number> {
    const totals = new Map(this.#past);
    for (const { counts } of this.#entries.values()) add(totals, counts);
    return totals;
  }
}

function add(to: Map<string, number>, counts: Counts): void {
  for (const [name, value] of counts) to.set(name, (to.get(name) ?? 0) + value);
}

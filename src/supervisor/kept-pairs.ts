import type { GivenPair, KeepingEngine, KeptPair } from '../relay/kept.js';
import type { RelayEngine, RelayedConnection } from '../relay/relay.js';
import type { Inheritance } from '../upgrade/inheritance.js';
import { PARTS } from './kept-parts.js';
import type { UdpPorts } from './udp-ports.js';

/** An engine that goes on with the pairs of the program before this one. */
export interface TakenRelay {
  readonly engine: RelayEngine;
  readonly pairs: KeptPairs;
  readonly udpPorts: UdpPorts;
}

/** The pairs of the program before this one, which the engine relays from the start on. */
export class KeptPairs {
  readonly #byNumber = new Map<number, RelayedConnection>();
  /** Numbers that nobody has taken yet. */
  readonly #free = new Set<number>();

  /** When the engine began to relay them, in milliseconds since 1970. */
  takenAt = 0;

  /** Has the engine go on with all of them, and give them back if this program cannot go on. */
  static take(engine: KeepingEngine, inheritance: Inheritance): KeptPairs {
    const kept = new KeptPairs();
    const pairs = inheritance.part(PARTS.pairs) ?? [];
    inheritance.givesBack(async () => ({
      pairs: kept.#numbered(await engine.give(), pairs.length),
    }));
    for (const [number, pair] of pairs.entries()) {
      if (pair === null) continue;
      inheritance.claim(pair.client, pair.child);
      kept.#byNumber.set(number, engine.take(pair));
      kept.#free.add(number);
    }
    kept.takenAt = Date.now();
    return kept;
  }

  get size(): number {
    return this.#byNumber.size;
  }

  /** Returns a pair once; null: it is not there, or taken. */
  takeOne(number: number): RelayedConnection | null {
    return this.#free.delete(number) ? (this.#byNumber.get(number) ?? null) : null;
  }

  /** Ends the pairs that nobody has taken. */
  endRest(): void {
    for (const number of this.#free) this.#byNumber.get(number)?.destroy();
    this.#byNumber.clear();
  }

  /** Returns the pairs at the numbers that they had. */
  #numbered(given: readonly GivenPair[], count: number): (KeptPair | null)[] {
    const pairOf = new Map(given.map(({ connection, pair }) => [connection, pair]));
    return Array.from({ length: count }, (_, number) => {
      const connection = this.#byNumber.get(number);
      return (connection && pairOf.get(connection)) ?? null;
    });
  }
}

import type { Handshake } from '../../protocol/srt/handshake.js';
import type { UdpEndpoint } from '../../relay/udp.js';
import type { Connection } from '../connection.js';

/** Most ended or refused callers that are remembered, because they may repeat packets. */
const MAX_GONE = 10_000;
const GONE_MS = 5000;

/** One connection of a client, from its conclusion on. */
export interface Caller {
  readonly connection: Connection;
  readonly from: UdpEndpoint;
  /** The conclusion as received, and parsed. */
  readonly packet: Buffer;
  readonly handshake: Handshake;
  /** The conclusion for the child: the same, or with the stream id that replaces it. */
  conclusion: Buffer;
  /** Arrival; milliseconds of `performance.now`. */
  readonly at: number;
  /** The answer and the time it was first sent; null: there is none yet. */
  answer: { readonly packet: Buffer; readonly at: number } | null;
}

/**
 * Callers by address and socket id, so that a repeated conclusion starts nothing anew. Ended ones
 * are remembered for a while, because their packets may still arrive.
 */
export class Callers {
  readonly #byKey = new Map<string, Caller>();
  /** Oldest first. */
  readonly #gone = new Map<Caller, number>();

  /** Finds the caller whose conclusion this repeats. */
  find(from: UdpEndpoint, { id, sequence }: Handshake): Caller | null {
    const caller = this.#byKey.get(keyOf(from, id));
    return caller?.handshake.sequence === sequence ? caller : null;
  }

  /** Adds a caller; returns the earlier one with the same socket id, which it replaces. */
  add(caller: Caller): Caller | null {
    const key = keyOf(caller.from, caller.handshake.id);
    const earlier = this.#byKey.get(key) ?? null;
    this.#byKey.set(key, caller);
    return earlier;
  }

  leave(caller: Caller, now: number): void {
    this.#gone.set(caller, now);
    for (const [oldest, since] of this.#gone) {
      if (now - since < GONE_MS && this.#gone.size <= MAX_GONE) return;
      this.#gone.delete(oldest);
      const key = keyOf(oldest.from, oldest.handshake.id);
      if (this.#byKey.get(key) === oldest) this.#byKey.delete(key);
    }
  }
}

function keyOf({ ip, port }: UdpEndpoint, socketId: number): string {
  return `${ip} ${port} ${socketId}`;
}

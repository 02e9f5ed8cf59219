import type { Handshake } from '../../protocol/srt/handshake.js';
import type { UdpEndpoint } from '../../relay/udp.js';
import type { Connection } from '../connections.js';

/** Callers that have gone or were refused, and may yet repeat themselves. */
const MAX_GONE = 10_000;
const GONE_MS = 5000;

/** One connection of a client, from its conclusion on. */
export interface Caller {
  readonly connection: Connection;
  readonly from: UdpEndpoint;
  /** The conclusion as it came, and read. */
  readonly packet: Buffer;
  readonly handshake: Handshake;
  /** The conclusion for its child: the same, or with the stream id that holds in place of its own. */
  conclusion: Buffer;
  /** When it came; milliseconds of `performance.now`. */
  readonly at: number;
  /** What it is told, once that is known, and when it was first; null while nothing is to be said. */
  answer: { readonly packet: Buffer; readonly at: number } | null;
}

/**
 * Callers by address and socket id, so that a repeated conclusion begins nothing anew. Those that have
 * gone are known a little longer: their packets may still be under way.
 */
export class Callers {
  readonly #byKey = new Map<string, Caller>();
  /** Oldest first. */
  readonly #gone = new Map<Caller, number>();

  /** The one whose conclusion this is again. */
  find(from: UdpEndpoint, { id, sequence }: Handshake): Caller | null {
    const caller = this.#byKey.get(keyOf(from, id));
    return caller?.handshake.sequence === sequence ? caller : null;
  }

  /** Answers the earlier connection with the same socket id, whose place it takes. */
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

import { flushed } from '../../relay/native/flushing.js';
import { isFlushed, type RawPair, takeOver } from '../../relay/native/takeover.js';
import type { RelayEnd, RelayedConnection, RelayPair } from '../../relay/relay.js';
import type { InHand } from './in-hand.js';

/** A pair on its way to another thread. It has ended, for this one, when that has it. */
export class HandoverConnection implements RelayedConnection {
  readonly bytesIn = 0;
  readonly bytesOut = 0;
  readonly ended: Promise<RelayEnd>;
  readonly #pair: RelayPair;

  /** `send` gets the descriptors, once Node has nothing left to write to them. */
  constructor(pair: RelayPair, inHand: InHand, send: (raw: RawPair) => void) {
    this.#pair = pair;
    this.ended = this.#handOver(inHand, send);
  }

  destroy(): void {
    this.#pair.client.destroy();
    this.#pair.child.destroy();
  }

  async #handOver(inHand: InHand, send: (raw: RawPair) => void): Promise<RelayEnd> {
    const { client, child } = this.#pair;
    if (!isFlushed(this.#pair)) await Promise.all([flushed(client), flushed(child)]);
    const raw = takeOver(this.#pair, (duplicates) => inHand.take(duplicates));
    if (raw === null) {
      this.destroy();
      return 'destroyed';
    }
    send(raw);
    return 'closed';
  }
}

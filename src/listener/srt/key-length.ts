import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { INDUCTION, induction, parseHandshake } from '../../protocol/srt/handshake.js';
import type { UdpEndpoint, UdpRelay } from '../../relay/udp.js';

/** Milliseconds after which an unanswered packet is repeated; libsrt's value. */
export const REPEAT_MS = 250;

const TRIES = 4;
/** Socket ids have 30 bits. */
const MAX_ID = 2 ** 30;

/**
 * The key length that children require (bytes / 8; 0: none), which the answer to an induction
 * advertises. All children have one passphrase, so any of them tells it.
 */
export class KeyLength {
  readonly #someChild: () => UdpEndpoint | null;
  readonly #relay: () => UdpRelay | null;
  readonly #onLearn: () => void;
  #value: number | null = null;
  #asking: Promise<void> | null = null;

  constructor(
    someChild: () => UdpEndpoint | null,
    relay: () => UdpRelay | null,
    onLearn: () => void,
  ) {
    this.#someChild = someChild;
    this.#relay = relay;
    this.#onLearn = onLearn;
  }

  /** Null: not known yet. */
  get value(): number | null {
    return this.#value;
  }

  learn(value: number): void {
    if (value === this.#value) return;
    this.#value = value;
    this.#onLearn();
  }

  /** Resolves when the length is known, or no child tells it. */
  ask(): Promise<void> {
    if (this.#value !== null) return Promise.resolve();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    for (let tries = 0; tries < TRIES && this.#value === null; tries += 1) {
      const child = this.#someChild();
      const relay = this.#relay();
      if (child === null || relay === null) return;
      await this.#askOnce(relay, child);
    }
  }

  async #askOnce(relay: UdpRelay, child: UdpEndpoint): Promise<void> {
    const answered = new AbortController();
    const heard = (packet: Buffer) => {
      const parsed = parseHandshake(packet);
      if (parsed.kind !== 'value' || parsed.value.type !== INDUCTION) return;
      this.learn(parsed.value.encryption);
      answered.abort();
    };
    const first = [induction(randomInt(1, MAX_ID))];
    const session = relay.open(child, child, first, { heard });
    await delay(REPEAT_MS, undefined, { signal: answered.signal }).catch(() => {});
    session?.destroy();
  }
}

import type { SessionEnd } from '../udp.js';
import type { Count, Steered } from './rules.js';

/** The reason that the kernel steers a client no more; `unsteerable`: this client cannot be. */
export type FlowEnd = SessionEnd | 'unsteerable';

/** IP and UDP headers, which the kernel counts and we do not. */
const HEADERS = { 4: 28, 6: 48 };
/** A command has reached the kernel by then, and what was under way before it has arrived. */
const SETTLED_MS = 1000;
/** Milliseconds between two readings of the counters, once all flows are answered. */
export const LAG_MS = 5000;
/** A child that can be reached answers a check at once. */
const ANSWERED_MS = 3000;

/** A client's address whose datagrams pass in the kernel. Its counters are the last reading's. */
export class KernelFlow {
  readonly steered: Steered;
  /** Resolves, never rejects, when it is steered no more. */
  readonly ended: Promise<FlowEnd>;
  bytesIn = 0;
  bytesOut = 0;
  /** Most milliseconds by which the counters are late. */
  readonly lagMs = LAG_MS;
  readonly #since: number;
  readonly #stop: (flow: KernelFlow) => void;
  #resolve: (end: FlowEnd) => void = () => {};
  #heardAt: number;
  #firstAt: number | null = null;

  /** `now` as performance.now() has it; `stop` takes it out of the kernel. */
  constructor(steered: Steered, now: number, stop: (flow: KernelFlow) => void) {
    this.steered = steered;
    this.#since = now;
    this.#heardAt = now;
    this.#stop = stop;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The child has answered by this way. */
  get isProven(): boolean {
    return this.bytesOut > 0;
  }

  /**
   * Takes a check that came to us all the same, which the client will repeat. Where that is not
   * just because it was under way, the kernel cannot steer this client.
   */
  send(): void {
    if (performance.now() - this.#since > SETTLED_MS) this.end('unsteerable');
  }

  count({ set, packets, bytes }: Count, now: number): void {
    const payload = bytes - packets * (set.endsWith('6') ? HEADERS[6] : HEADERS[4]);
    const isIn = set.startsWith('in');
    const before = isIn ? this.bytesIn : this.bytesOut;
    if (payload !== before) this.#heardAt = now;
    if (isIn) this.bytesIn = payload;
    else this.bytesOut = payload;
    if (isIn && packets > 0) this.#firstAt ??= now;
  }

  /** Ends it where nothing comes any more, or where nothing ever goes back. */
  judge(now: number, idleMs: number): void {
    const isUnanswered = this.#firstAt !== null && now - this.#firstAt > ANSWERED_MS;
    if (!this.isProven && isUnanswered) this.end('unsteerable');
    else if (now - this.#heardAt > idleMs) this.end('idle');
  }

  destroy(): void {
    this.end('destroyed');
  }

  end(reason: FlowEnd): void {
    this.#stop(this);
    this.#resolve(reason);
  }
}

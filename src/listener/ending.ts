import { SessionError } from './session-error.js';

/** The end of a connection: ordered by us with a reason, then closed. */
export class Ending {
  /** Called when the connection shall end, beside the signal. */
  onEnd: ((reason: Error) => void) | null = null;
  /** Called once when the connection is closed. */
  onLeft: (() => void) | null = null;
  /** Made on demand: most connections end without a signal. */
  #controller: AbortController | null = null;
  #reason: Error | null = null;
  #hasLeft = false;

  /** The reason for which we ended the connection; null: we did not. */
  get reason(): Error | null {
    return this.#reason;
  }

  /** Aborts when the connection shall end; its reason is an Error. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** True once the connection shall end. */
  get isEnding(): boolean {
    return this.#reason !== null;
  }

  /** True once the connection is closed. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Throws the reason for which the connection ends, or SessionError if it is closed. */
  throwIfLeft(): void {
    if (this.#reason !== null) throw this.#reason;
    if (this.#hasLeft) throw new SessionError('left', 'the client has left');
  }

  /** Notes that the connection is closed. */
  left(): void {
    this.#hasLeft = true;
    const told = this.onLeft;
    this.onLeft = null;
    told?.();
  }

  end(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
    this.onEnd?.(reason);
  }
}

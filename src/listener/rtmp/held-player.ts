import type { Parsed } from '../../protocol/result.js';
import type { HeldPlay } from '../../protocol/rtmp/held-play.js';
import type { PlayerState } from '../../protocol/rtmp/play-record.js';
import { SessionError } from '../session-error.js';
import type { Waiting } from './held-players.js';
import type { RtmpSetup, StreamClosed } from './setup.js';

/** A player that waits, as its setup hears it. */
export class HeldPlayer implements Waiting {
  readonly #setup: RtmpSetup;
  readonly #play: HeldPlay;
  #state: PlayerState = 'playing';
  #isTold = false;
  #onChange: () => void = () => {};
  /** Bytes that the player was told. */
  sent = 0;

  constructor(setup: RtmpSetup, play: HeldPlay) {
    this.#setup = setup;
    this.#play = play;
  }

  /**
   * Hears the player until the signal aborts; resolves where it closes its stream before. Rejects
   * with the signal's reason. A player that leaves or says what it must not has its connection
   * ended.
   */
  listen(signal: AbortSignal): Promise<StreamClosed> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#setup.hold(null);
        this.#onChange();
        reject(signal.reason);
      };
      const hear = (outcome: Parsed<PlayerState>) => {
        if (this.#heard(outcome) !== 'closed') return;
        this.#setup.hold(null);
        resolve(this.#play.closed());
      };
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop);
      this.#setup.hold((bytes) => hear(this.#play.feed(bytes)));
      hear(this.#play.begin());
    });
  }

  /** Tells the player from here on all that SRS tells one. */
  tell(): void {
    this.#isTold = true;
    this.#flush();
  }

  get isReady(): boolean {
    return this.#state === 'playing';
  }

  async untilReady(): Promise<void> {
    if (this.isReady) return;
    await new Promise<void>((resolve) => {
      this.#onChange = resolve;
    });
  }

  #heard(outcome: Parsed<PlayerState>): PlayerState {
    if (outcome.kind === 'invalid') throw new SessionError('invalid', outcome.reason);
    if (outcome.kind === 'value') this.#state = outcome.value;
    this.#flush();
    if (this.isReady) this.#onChange();
    return this.#state;
  }

  #flush(): void {
    if (!this.#isTold) return;
    const replies = this.#play.takeReplies();
    if (replies.length === 0) return;
    this.sent += replies.length;
    this.#setup.client.answer(replies);
  }
}

import type { Socket } from 'node:net';
import type { Parsed } from '../../protocol/result.js';
import type { HeldPlay, HeldState } from '../../protocol/rtmp/held-play.js';
import { readUntil } from '../read-until.js';
import { SessionError } from '../session-error.js';
import type { Waiting } from './held-players.js';

/** What a client said that has closed its stream, and what it has said since. */
export type Closed = ReturnType<HeldPlay['closed']>;

/** A player that waits, and its socket. */
export class HeldPlayer implements Waiting {
  readonly #client: Socket;
  readonly #play: HeldPlay;
  #state: HeldState = 'playing';
  #isTold = false;
  #onChange: () => void = () => {};
  /** Bytes that it was told. */
  sent = 0;

  constructor(client: Socket, play: HeldPlay) {
    this.#client = client;
    this.#play = play;
  }

  /**
   * Reads what the player says, until it closes its stream. Rejects when it leaves or says what it must
   * not, and with the signal's reason.
   */
  async listen(signal: AbortSignal): Promise<Closed> {
    try {
      const atOnce = this.#heard(this.#play.begin());
      return atOnce ?? (await readUntil(this.#client, (bytes) => this.#hear(bytes), signal));
    } finally {
      this.#onChange();
    }
  }

  /** From here on it hears what SRS tells a player. */
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

  #hear(bytes: Buffer): Closed | undefined {
    return this.#heard(this.#play.feed(bytes));
  }

  #heard(outcome: Parsed<HeldState>): Closed | undefined {
    if (outcome.kind === 'invalid') throw new SessionError('invalid', outcome.reason);
    if (outcome.kind === 'value') this.#state = outcome.value;
    this.#flush();
    if (this.isReady) this.#onChange();
    return this.#state === 'closed' ? this.#play.closed() : undefined;
  }

  #flush(): void {
    if (!this.#isTold) return;
    const replies = this.#play.takeReplies();
    if (replies.length === 0) return;
    this.sent += replies.length;
    this.#client.write(replies);
  }
}

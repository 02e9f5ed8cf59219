import type { Parsed } from '../../protocol/result.js';
import { HeldPublish, type WaitingState } from '../../protocol/rtmp/held-publish.js';
import type { Identified } from '../../protocol/rtmp/identify.js';
import type { Connection } from '../connection.js';
import type { Gate } from '../gate.js';
import type { Relayed } from '../relayed.js';
import { SessionError } from '../session-error.js';
import type { RtmpSetup } from './setup.js';
import { wishOf } from './talk.js';

/** Milliseconds for the rest of a message, which has begun when the publisher's turn comes. */
const CUT_MS = 5000;

export interface PublisherWaitParts {
  readonly gate: Gate;
  readonly setup: RtmpSetup;
  readonly connection: Connection;
  readonly vhosts: readonly string[];
}

/**
 * Has a publisher pass the gate; one whose stream has a publisher may have to wait as its backup
 * before. Resolves with what its child is to be told. Rejects with SessionError.
 */
export async function letPublish(
  identified: Identified,
  parts: PublisherWaitParts,
): Promise<Identified> {
  const { gate, connection, vhosts } = parts;
  const wish = wishOf(identified, vhosts);
  connection.named(wish.stream, wish.role);
  if (await gate.pass(connection, { ...wish, mayStandBy: true })) return identified;
  return new PublisherWait(identified, parts).follow();
}

/** A publisher that waits as the backup of its stream, as its setup hears it. */
class PublisherWait implements Relayed {
  readonly #parts: PublisherWaitParts;
  readonly #held: HeldPublish<Identified>;
  readonly #begunWith: number;
  bytesOut = 0;
  readonly ended = new Promise<void>(() => {});
  /** Called when it has been read up to the end of a message. */
  #onCut: () => void = () => {};

  constructor(identified: Identified, parts: PublisherWaitParts) {
    this.#parts = parts;
    this.#held = new HeldPublish(identified);
    this.#begunWith = identified.recorded.length;
  }

  get bytesIn(): number {
    return this.#held.size - this.#begunWith;
  }

  /** The setup closes the client. */
  destroy(): void {}

  /** Resolves when it is its turn. Rejects with SessionError, and when the connection ends. */
  async follow(): Promise<Identified> {
    const { gate, setup, connection } = this.#parts;
    connection.standsBy(this);
    this.#heard(this.#held.begin());
    setup.hold((bytes) => this.#heard(this.#held.feed(bytes)));
    await gate.follow(connection, () => this.#held.isReady);
    await this.#cut();
    connection.leftChild();
    const through = this.#held.letThrough();
    if (through.kind === 'value') return through.value;
    const reason = through.kind === 'invalid' ? through.reason : 'it was cut in a message';
    throw new SessionError('invalid', reason);
  }

  /** Reads it up to the end of a message, and no further. */
  #cut(): Promise<void> {
    const { signal } = this.#parts.connection;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const text = 'it has sent no whole message since it became the publisher';
        reject(new SessionError('silent', text));
      }, CUT_MS);
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      signal.addEventListener('abort', stop, { once: true });
      this.#onCut = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        this.#parts.setup.hold(null);
        resolve();
      };
      if (signal.aborted) stop();
      else if (this.#held.cut()) this.#onCut();
    });
  }

  /** An error ends the client, like any that its setup throws. */
  #heard(outcome: Parsed<WaitingState>): void {
    if (outcome.kind === 'invalid') throw new SessionError('invalid', outcome.reason);
    const replies = this.#held.takeReplies();
    if (replies.length > 0) this.#parts.setup.client.answer(replies);
    this.bytesOut += replies.length;
    if (outcome.kind !== 'value') return;
    if (outcome.value === 'ended') {
      throw new SessionError('left', 'it has ended its stream while it waited as a backup');
    }
    if (outcome.value === 'cut') this.#onCut();
  }
}

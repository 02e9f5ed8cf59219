import { compactRecord } from '../../protocol/rtmp/compact.js';
import { HeldPlay } from '../../protocol/rtmp/held-play.js';
import type { Identified } from '../../protocol/rtmp/identify.js';
import { MAX_SAID, type PlayerState } from '../../protocol/rtmp/play-record.js';
import type { ViewerHearer, ViewerWish } from '../../relay/fanout.js';
import type { StreamClosed } from './setup.js';
import { bufferOf } from './talk.js';

/** A player as its hearer must know it, which was told Play.Start. */
export interface PlayHearerSettings extends Pick<Identified, 'chunkSize'> {
  /** All that it has said, from `connect` on. */
  readonly recorded: Uint8Array;
}

/** The note on a viewer that has closed its stream. */
export type ClosedViewer = StreamClosed;

/** Answers a viewer in SRS's place, until it closes its stream and may name another one. */
export class PlayHearer implements ViewerHearer {
  readonly #chunkSize: number;
  #play: HeldPlay;
  #state: PlayerState = 'playing';

  constructor({ chunkSize, recorded }: PlayHearerSettings) {
    this.#chunkSize = chunkSize;
    this.#play = this.#heldPlay(bufferOf(recorded));
  }

  /** @throws Error if SRS would close the connection */
  hear(bytes: Buffer): ViewerWish {
    if (this.#play.size + bytes.length > MAX_SAID && this.#state === 'playing') this.#compact();
    const outcome = this.#play.feed(bytes);
    if (outcome.kind === 'invalid') throw new Error(outcome.reason);
    if (outcome.kind === 'value') this.#state = outcome.value;
    const answer = this.#play.takeReplies();
    if (this.#state !== 'closed') {
      return { answer, state: this.#state === 'paused' ? 'pauses' : 'plays' };
    }
    const about: ClosedViewer = this.#play.closed();
    return { answer, state: 'leaves', about };
  }

  /** A viewer may say little things for days. */
  #compact(): void {
    this.#play = this.#heldPlay(compactRecord(this.#play.copy()));
  }

  #heldPlay(recorded: Buffer): HeldPlay {
    const play = new HeldPlay({ recorded, chunkSize: this.#chunkSize, pings: 0 });
    const begun = play.begin();
    if (begun.kind === 'invalid') throw new Error(begun.reason);
    // The player has had them.
    play.takeReplies();
    return play;
  }
}

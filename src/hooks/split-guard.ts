import { type ChildRef, isSameLife } from '../child/types.js';
import type { StreamKey } from '../stream-key.js';
import type { Publication } from './publishers.js';

export interface SplitGuardOptions {
  /** Ends a publisher in its child. */
  readonly kick: (publication: Publication) => Promise<void>;
  /** Milliseconds. */
  readonly clock?: () => number;
}

/** What a child's log says may come so much before or after the hook that it belongs to. */
const BLUR_MS = 300;
/** A stream whose publisher was sent away once is let in next time, come what may. */
const FORGIVE_MS = 60_000;
const MAX_REMEMBERED = 4096;

interface Watched {
  readonly publication: Publication;
  /** When the hook was answered; null while it is asked. */
  answeredAt: number | null;
  isLost: boolean;
}

interface Loss {
  readonly owner: ChildRef;
  readonly cid: string;
  readonly at: number;
}

/**
 * Heals a fault of SRS (7.0.18): every 3 s it forgets sources that nobody publishes, also one whose
 * publisher is just waiting for the answer of `on_publish`. That publisher is let in, but players get
 * another source and see nothing for as long as it stays. SRS tells of it in its log; the publisher
 * is sent away then, once, and comes back to a source that players share.
 */
export class SplitGuard {
  readonly #kick: SplitGuardOptions['kick'];
  readonly #now: () => number;
  readonly #watched = new Set<Watched>();
  #losses: Loss[] = [];
  /** Publisher's id -> its stream: a source that was published before is forgotten by that. */
  readonly #published = new Map<string, StreamKey>();
  readonly #forgiven = new Map<StreamKey, number>();

  constructor({ kick, clock = () => performance.now() }: SplitGuardOptions) {
    this.#kick = kick;
    this.#now = clock;
  }

  /** A child asks whether it may let a publisher in. */
  begin(publication: Publication): void {
    this.#forget();
    const watched = { publication, answeredAt: null, isLost: false };
    this.#watched.add(watched);
    for (const loss of this.#losses) this.#judge(watched, loss);
  }

  /** The answer is yes; false where it shall be no, because the source is gone. */
  letIn(publication: Publication): boolean {
    const watched = this.#find(publication);
    if (watched === undefined) return true;
    remember(this.#published, publication.clientId, publication.stream);
    if (watched.isLost && this.#isFirst(publication.stream)) {
      this.#watched.delete(watched);
      return false;
    }
    watched.answeredAt = this.#now();
    return true;
  }

  /** The answer is no, whatever has become of the source. */
  turnAway(publication: Publication): void {
    const watched = this.#find(publication);
    if (watched !== undefined) this.#watched.delete(watched);
  }

  /** A child's log says that a source is forgotten. */
  async lost(owner: ChildRef, cid: string): Promise<void> {
    this.#forget();
    const loss = { owner, cid, at: this.#now() };
    this.#losses.push(loss);
    for (const watched of this.#watched) {
      this.#judge(watched, loss);
      if (!watched.isLost || watched.answeredAt === null) continue;
      this.#watched.delete(watched);
      if (this.#isFirst(watched.publication.stream)) await this.#kick(watched.publication);
    }
  }

  #judge(watched: Watched, { owner, cid }: Loss): void {
    const { publication } = watched;
    if (!isSameLife(owner, publication.owner)) return;
    // Without an id it is a source that was never published, and may well be this one.
    if (cid === '' || this.#published.get(cid) === publication.stream) watched.isLost = true;
  }

  /** Whether this stream's publisher has not been sent away lately. */
  #isFirst(stream: StreamKey): boolean {
    const now = this.#now();
    const since = this.#forgiven.get(stream);
    if (since !== undefined && now - since < FORGIVE_MS) return false;
    remember(this.#forgiven, stream, now);
    return true;
  }

  #find(publication: Publication): Watched | undefined {
    return [...this.#watched].find((one) => one.publication === publication);
  }

  #forget(): void {
    const limit = this.#now() - BLUR_MS;
    this.#losses = this.#losses.filter(({ at }) => at >= limit);
    for (const watched of this.#watched) {
      if (watched.answeredAt !== null && watched.answeredAt < limit) this.#watched.delete(watched);
    }
  }
}

/** Sets an entry as the newest; the oldest goes where there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
}

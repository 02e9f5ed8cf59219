import type { StreamKey } from '../stream-key.js';
import type { Connection } from './connection.js';

/**
 * Milliseconds between two readings of a publisher's bytes. Its silence is known to be longer than
 * what is counted, by at most this.
 */
const SAMPLE_MS = 250;
/** A longer time without a reading counts for nothing: then we stood still, not the publisher. */
const GAP_MS = 4 * SAMPLE_MS;

/** Milliseconds over which a publisher's bitrate is averaged. */
const WINDOW_MS = 10_000;

export interface MemberWish {
  readonly stream: StreamKey;
  /** False if its media bypass us, so that its bytes are not known; default: true. */
  readonly isMeasured?: boolean;
}

/** A publisher that has passed the gate. */
export class Member {
  readonly connection: Connection;
  readonly stream: StreamKey;
  readonly isMeasured: boolean;
  /** Its child and the hooks have accepted it, once at least. */
  wasAccepted = false;
  /** Milliseconds for which it has sent nothing since it was accepted. */
  quietMs = 0;
  /** Time of the last reading that found new bytes, on performance.now()'s clock. */
  spokeAt: number;
  #readAt: number;
  #bytes: number;
  /** Begin of the present window, and the bytes then. */
  #window: { readonly at: number; readonly bytes: number };

  constructor(connection: Connection, { stream, isMeasured = true }: MemberWish, now: number) {
    this.connection = connection;
    this.stream = stream;
    this.isMeasured = isMeasured;
    this.spokeAt = now;
    this.#readAt = now;
    this.#bytes = connection.relayed?.bytesIn ?? 0;
    this.#window = { at: now, bytes: this.#bytes };
  }

  /** It is on its way to a child of another box, which knows whether it publishes. */
  get isElsewhere(): boolean {
    return this.connection.owner?.box !== undefined;
  }

  /** Milliseconds by which the relay may count its bytes late. */
  get lagMs(): number {
    return this.connection.relayed?.lagMs ?? 0;
  }

  accepted(): void {
    if (!this.wasAccepted) this.quietMs = 0;
    this.wasAccepted = true;
  }

  /** Returns its bits per second at the end of each window; null within. */
  takeRate(): number | null {
    const { at, bytes } = this.#window;
    const passed = this.#readAt - at;
    if (passed < WINDOW_MS) return null;
    this.#window = { at: this.#readAt, bytes: this.#bytes };
    return (8 * 1000 * (this.#bytes - bytes)) / passed;
  }

  /** Reads its bytes. */
  read(now: number): void {
    const bytes = this.connection.relayed?.bytesIn ?? 0;
    const passed = now - this.#readAt;
    this.#readAt = now;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.spokeAt = now;
      this.quietMs = 0;
    } else if (passed < GAP_MS) this.quietMs += passed;
  }
}

/** The publishers that have passed the gate, by stream, with the silence of each. */
export class Publishing {
  readonly #byStream = new Map<StreamKey, Set<Member>>();
  /** Returns whether a child reports an accepted publisher for the stream. */
  readonly #isAccepted: (stream: StreamKey) => boolean;
  /** Takes the bitrate of each publisher, every ten seconds. */
  readonly #tellRate: (member: Member, bitsPerSecond: number) => void;
  /** Runs while there are publishers. */
  #timer: NodeJS.Timeout | undefined;

  constructor(
    isAccepted: (stream: StreamKey) => boolean,
    tellRate: (member: Member, bitsPerSecond: number) => void,
  ) {
    this.#isAccepted = isAccepted;
    this.#tellRate = tellRate;
  }

  add(member: Member): void {
    const members = this.#byStream.get(member.stream) ?? new Set();
    this.#byStream.set(member.stream, members.add(member));
    this.#timer ??= setInterval(() => this.#readAll(), SAMPLE_MS).unref();
  }

  remove(member: Member): void {
    const members = this.#byStream.get(member.stream);
    members?.delete(member);
    if (members?.size === 0) this.#byStream.delete(member.stream);
    if (this.#byStream.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Returns the publishers of a stream, read now. */
  of(stream: StreamKey): readonly Member[] {
    const members = [...(this.#byStream.get(stream) ?? [])];
    this.#read(stream, members, performance.now());
    return members;
  }

  #readAll(): void {
    const now = performance.now();
    for (const [stream, members] of this.#byStream) this.#read(stream, members, now);
  }

  #read(stream: StreamKey, members: Iterable<Member>, now: number): void {
    let isAccepted: boolean | null = null;
    for (const member of members) {
      member.read(now);
      const rate = member.takeRate();
      if (rate !== null) this.#tellRate(member, rate);
      if (member.wasAccepted) continue;
      isAccepted ??= this.#isAccepted(stream);
      if (isAccepted) member.accepted();
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import {
  type Counts,
  type Decision,
  decide,
  type PlayGuard,
  playGuardOf,
  type Who,
} from '../access/decide.js';
import type { Bearer } from '../access/signed.js';
import { NO_PROOF, type Proof, prove } from '../access/tokens.js';
import { tellStream } from '../logging/event-lines.js';
import { hostName } from '../protocol/http/target.js';
import type { StreamKey } from '../stream-key.js';
import type { Connection } from './connection.js';
import type { GateOptions, Wish } from './gate-options.js';
import { giveWay } from './give-way.js';
import { occupantOf } from './occupant.js';
import { Presence } from './presence.js';
import { Member, type MemberWish, Publishing } from './publishing.js';
import { SessionError } from './session-error.js';
import { NO_ADDRESS } from './shared-counts.js';

export type { GateOptions, LivePublisher, Wish } from './gate-options.js';

/** A client that has passed. */
interface Entered extends Pick<Who, 'stream' | 'role'> {
  /** Null: it plays. */
  readonly member: Member | null;
  /** Counts it out. */
  readonly gone: () => void;
  /** Set while it waits as a backup. */
  readonly waiting?: Waiting;
}

/** A backup's question. */
interface Waiting {
  readonly who: Who;
  readonly wish: Wish;
}

/** A newcomer's question, as far as it has come. */
interface Asked {
  readonly occupants: readonly Member[];
  /** Its arrival, on performance.now()'s clock. */
  readonly since: number;
  /** It is the one that may take the stream over. */
  readonly contests: boolean;
}

/** Milliseconds between two decisions on a newcomer that waits. */
const POLL_MS = 50;
/** Milliseconds between two decisions on a backup. */
const BACKUP_POLL_MS = 100;
/** Milliseconds for which a backup may send nothing; SRS gives a publisher half of that. */
const BACKUP_SILENT_MS = 10_000;
const NO_COUNTS: Counts = { viewers: 0, streams: 0, streamsOfAddress: 0 };
const FREE = { occupant: null, isContested: false, hasBackup: false, waitedMs: 0 };

/**
 * The one gate of all ports: each client passes it once its stream is known, before its child is
 * dialled. A publisher whose stream has a silent publisher waits here until that one is proven
 * silent, ended, and freed by its child, so that the child never tells the newcomer that the stream
 * is busy.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #publishing: Publishing;
  readonly #members = new WeakMap<Connection, Entered>();
  readonly #presence = new Presence();
  /** Streams that a newcomer is about to take over. */
  readonly #contested = new Set<StreamKey>();
  /** Publishers that wait as backups. */
  readonly #backups: Publishing;

  constructor(options: GateOptions) {
    this.#options = options;
    const isAccepted = (stream: StreamKey) => options.liveHere(stream)?.isAccepted ?? false;
    const limit = (...one: [Member, number]) => this.#limitRate(...one);
    this.#publishing = new Publishing(isAccepted, limit);
    this.#backups = new Publishing(() => true, limit);
  }

  /**
   * Resolves with true when the client may go to its child; it is a member of its stream until its
   * connection is closed. A client that has passed for this stream passes again. Resolves with
   * false if it waits as a backup from now on: see `follow`. @throws SessionError
   */
  async pass(connection: Connection, wish: Wish): Promise<boolean> {
    const { stream, role } = wish;
    const known = this.#members.get(connection);
    if (known?.stream === stream && known.role === role) return known.waiting === undefined;
    const { ip: address = connection.ip, isSentOn = false, token, mayStandBy = false } = wish;
    const proof = isSentOn ? NO_PROOF : await this.prove({ stream, role, address }, token);
    const who = { stream, role, address, isSentOn, proof };
    const asking = mayStandBy ? ({ ...who, backup: 'may' } as const) : who;
    return this.#ask(connection, asking, wish);
  }

  /**
   * Resolves when a backup has become a publisher that may go to its child: the present one has
   * ended, or is silent and was ended, while the backup `isReady`. @throws SessionError
   */
  async follow(connection: Connection, isReady: () => boolean): Promise<void> {
    const entered = this.#members.get(connection);
    const { waiting, member } = entered ?? {};
    if (waiting === undefined || !member) return;
    const { silentMs } = this.#options.rules();
    for (;;) {
      connection.throwIfLeft();
      member.read(performance.now());
      if (member.quietMs > Math.max(BACKUP_SILENT_MS, 2 * silentMs)) {
        throw new SessionError('silent', 'it sent nothing while it waited as a backup');
      }
      const isLively = member.quietMs < silentMs && isReady();
      if (isLively && (await this.#askAgain(connection, waiting))) break;
      // The loop begins with the reason.
      await delay(BACKUP_POLL_MS, undefined, { signal: connection.signal }).catch(() => {});
    }
    const { client } = connection;
    const event = { type: 'backup-active', stream: waiting.who.stream, client } as const;
    tellStream(this.#options.logger, event, 'backup becomes the publisher');
  }

  /** Tells which players of the stream may be refused. */
  guardOf(stream: StreamKey): PlayGuard {
    return playGuardOf(stream, this.#options.rules());
  }

  /** Checks a token, if a rule asks for one. Never rejects. */
  async prove(bearer: Bearer, token: string | null): Promise<Proof> {
    const rules = this.#options.rules();
    const { token: wanted = 'off' } = rules.policy.of(bearer.stream, bearer.role) ?? {};
    return wanted === 'off' ? NO_PROOF : prove(token, bearer, rules);
  }

  /**
   * Decides on one request of a player that has no connection of its own; with `isNew` it counts
   * as one more player. @throws SessionError
   */
  request(player: Bearer, proof: Proof, isNew: boolean): void {
    const who = { ...player, isSentOn: false, proof };
    const counts = isNew ? this.#countsFor(who) : NO_COUNTS;
    const state = { ...FREE, counts };
    const decision = decide(who, state, this.#options.rules());
    if (decision.kind === 'refuse') throw new SessionError(decision.reason, decision.text);
  }

  #countsFor({ stream, role, address }: Bearer): Counts {
    const counts = this.#presence.countsFor(stream, address);
    if (role === 'publish') return counts;
    return { ...counts, viewers: counts.viewers + this.#options.sessionsOf(stream) };
  }

  /** Counts in a client that has passed the gate of the program before this one. */
  readmit(connection: Connection, { stream, role }: Pick<Who, 'stream' | 'role'>): void {
    const [address, isSentOn] = [hostName(connection.client), connection.place === NO_ADDRESS];
    this.#enter(connection, { stream, role, address, isSentOn }, { stream });
  }

  #enter(connection: Connection, who: Omit<Who, 'proof'>, wish: MemberWish): void {
    const { stream, role, address, isSentOn } = who;
    connection.throwIfLeft();
    // Another box counts the clients that it sends.
    const gone = isSentOn ? () => {} : this.#presence.enter({ stream, role, address });
    const isPublisher = role === 'publish';
    const member = isPublisher ? new Member(connection, wish, performance.now()) : null;
    this.#members.set(connection, { stream, role, member, gone });
    if (member !== null) this.#publishing.add(member);
    connection.onLeft = () => this.#leave(connection);
  }

  #admit(connection: Connection, who: Who, wish: Wish): true {
    this.#leave(connection);
    this.#enter(connection, who, wish);
    return true;
  }

  /** Has a publisher wait as its stream's backup. */
  #standBy(connection: Connection, asked: Who, wish: Wish): false {
    connection.throwIfLeft();
    this.#leave(connection);
    const { stream, role } = asked;
    const member = new Member(connection, wish, performance.now());
    const waiting = { who: { ...asked, backup: 'waits' }, wish } as const;
    this.#members.set(connection, { stream, role, member, gone: () => {}, waiting });
    this.#backups.add(member);
    connection.onLeft = () => this.#leave(connection);
    const event = { type: 'backup-waiting', stream, client: connection.client } as const;
    tellStream(this.#options.logger, event, 'publisher waits as a backup');
    return false;
  }

  #leave(connection: Connection): void {
    const { member = null, gone, waiting } = this.#members.get(connection) ?? {};
    this.#members.delete(connection);
    connection.onLeft = null;
    gone?.();
    if (member !== null) (waiting ? this.#backups : this.#publishing).remove(member);
  }

  /** Ends a publisher that sends more than it may. */
  #limitRate({ connection }: Member, bitsPerSecond: number): void {
    const { publishBitrate: most } = this.#options.rules();
    const megabits = bitsPerSecond / 1e6;
    if (most === 0 || megabits <= most) return;
    const text = `limits.publishBitrate: it sent ${megabits.toFixed(1)} Mbit/s, more than ${most}`;
    connection.end(new SessionError('publishBitrate', text));
  }

  /**
   * Resolves with true when the client is admitted, with false if it waits as a backup; it has
   * entered in the moment of that decision.
   */
  async #ask(newcomer: Connection, who: Who, wish: Wish): Promise<boolean> {
    const since = performance.now();
    let contests = false;
    try {
      for (;;) {
        const occupants = this.#occupantsOf(newcomer, who);
        const decision = this.#decide(who, { occupants, since, contests });
        if (decision.kind === 'refuse') throw new SessionError(decision.reason, decision.text);
        if (decision.kind === 'admit') return this.#admit(newcomer, who, wish);
        if (decision.kind === 'standBy') return this.#standBy(newcomer, who, wish);
        contests = true;
        this.#contested.add(who.stream);
        const isFree = decision.kind === 'takeOver' && this.#replace(newcomer, who, occupants);
        if (await isFree) return this.#admit(newcomer, who, wish);
        await delay(POLL_MS);
        newcomer.throwIfLeft();
      }
    } finally {
      if (contests) this.#contested.delete(who.stream);
    }
  }

  /** Resolves with true when a backup is admitted, with false if it has to wait on. */
  async #askAgain(backup: Connection, { who, wish }: Waiting): Promise<boolean> {
    const occupants = this.#occupantsOf(backup, who);
    const asked = { occupants, since: performance.now(), contests: false };
    const decision = this.#decide(who, asked);
    if (decision.kind === 'refuse') throw new SessionError(decision.reason, decision.text);
    if (decision.kind === 'admit') return this.#admit(backup, who, wish);
    if (decision.kind !== 'takeOver') return false;
    this.#contested.add(who.stream);
    try {
      const isFree = await this.#replace(backup, who, occupants);
      return isFree && this.#admit(backup, who, wish);
    } finally {
      this.#contested.delete(who.stream);
    }
  }

  /** Resolves with true when the present publisher was ended, with false if it may not be. */
  async #replace(next: Connection, who: Who, members: readonly Member[]): Promise<boolean> {
    const { stream, address: by } = who;
    const mayEnd = await this.#isReading(stream);
    next.throwIfLeft();
    if (!mayEnd) return false;
    await giveWay(this.#options, { stream, members, by });
    next.throwIfLeft();
    return true;
  }

  #decide(who: Who, { occupants, since, contests }: Asked): Decision {
    const state = {
      occupant: occupantOf(occupants, this.#options.liveHere(who.stream), since),
      isContested: !contests && this.#contested.has(who.stream),
      hasBackup: who.backup === 'may' && this.#backups.of(who.stream).length > 0,
      waitedMs: performance.now() - since,
      counts: this.#countsFor(who),
    };
    return decide(who, state, this.#options.rules());
  }

  /** A child that stands still reads nothing: its publishers look silent and are not. */
  async #isReading(stream: StreamKey): Promise<boolean> {
    const { rules, liveHere, answers } = this.#options;
    const live = liveHere(stream);
    return live === null || rules().takeover === 'always' || answers(live.owner);
  }

  /**
   * Returns the clients that publish the stream on this box, or are on their way to it, if the
   * newcomer is to publish it.
   */
  #occupantsOf(newcomer: Connection, { stream, role }: Who): readonly Member[] {
    if (role !== 'publish') return [];
    const isLive = this.#options.liveHere(stream) !== null;
    return this.#publishing
      .of(stream)
      .filter((member) => member.connection !== newcomer && !member.isElsewhere)
      .filter((member) => isLive || !member.wasAccepted);
  }
}

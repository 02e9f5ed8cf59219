import { setTimeout as delay } from 'node:timers/promises';
import {
  type Counts,
  type Decision,
  decide,
  type GateRules,
  type Occupant,
  type PlayGuard,
  playGuardOf,
  type Who,
} from '../access/decide.js';
import type { Bearer } from '../access/signed.js';
import { NO_PROOF, type Proof, prove, type TokenRules } from '../access/tokens.js';
import { tellStream } from '../logging/event-lines.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { hostName } from '../protocol/http/target.js';
import type { StreamKey } from '../stream-key.js';
import type { Connection } from './connection.js';
import { Presence } from './presence.js';
import { Member, type MemberWish, Publishing } from './publishing.js';
import { SessionError } from './session-error.js';
import { NO_ADDRESS } from './shared-counts.js';

/** The publisher that a child of this box reports for a stream. */
export interface LivePublisher {
  readonly owner: OwnerRef;
  /** The hooks have accepted it. */
  readonly isAccepted: boolean;
}

export interface GateOptions {
  /** Returns the present rules. */
  readonly rules: () => GateRules & TokenRules & RateRules;
  /** Returns the players of a stream that have no connection of their own: HLS sessions. */
  readonly sessionsOf: (stream: StreamKey) => number;
  /** Returns the publisher that a child of this box reports; null: none. */
  readonly liveHere: (stream: StreamKey) => LivePublisher | null;
  /** Resolves with whether the child answers: it then reads what its publishers send. */
  readonly answers: (owner: OwnerRef) => Promise<boolean>;
  /**
   * Has the child end the stream's publishers: WebRTC sessions, which it keeps without their
   * client, or all. Never rejects.
   */
  readonly dismiss: (stream: StreamKey, which: 'sessions' | 'all') => Promise<void>;
  readonly logger: Logger;
}

/** A client's wish. */
export interface Wish extends Pick<Who, 'stream' | 'role'>, MemberWish {
  /** The access token that it has shown; null: none. */
  readonly token: string | null;
  /** Default: the address of the connection. */
  readonly ip?: string;
  /** See `Who`; default: false. */
  readonly isSentOn?: boolean;
}

interface RateRules {
  /** Most megabits per second of a publisher, on average of ten seconds; 0: any. */
  readonly publishBitrate: number;
}

/** A client that has passed. */
interface Entered extends Pick<Who, 'stream' | 'role'> {
  /** Null: it plays. */
  readonly member: Member | null;
  /** Counts it out. */
  readonly gone: () => void;
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
/** Bytes that a publisher sent before the newcomer came may arrive so much later, milliseconds. */
const IN_FLIGHT_MS = 500;
/** Milliseconds for a publisher whose connection was ended to leave its child. */
const LEAVE_MS = 1000;
/** Milliseconds for one that its child shall end; then the child decides about the newcomer. */
const FREE_MS = 3000;
const FREE_POLL_MS = 20;
const NO_COUNTS: Counts = { viewers: 0, streams: 0, streamsOfAddress: 0 };

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

  constructor(options: GateOptions) {
    this.#options = options;
    const isAccepted = (stream: StreamKey) => options.liveHere(stream)?.isAccepted ?? false;
    this.#publishing = new Publishing(isAccepted, (...one) => this.#limitRate(...one));
  }

  /**
   * Resolves when the client may go to its child; it is a member of its stream until its connection
   * is closed. A client that has passed for this stream passes again. @throws SessionError
   */
  async pass(connection: Connection, wish: Wish): Promise<void> {
    const { stream, role } = wish;
    const known = this.#members.get(connection);
    if (known?.stream === stream && known.role === role) return;
    const { ip: address = connection.ip, isSentOn = false, token } = wish;
    const proof = isSentOn ? NO_PROOF : await this.prove({ stream, role, address }, token);
    await this.#ask(connection, { stream, role, address, isSentOn, proof }, (who) => {
      this.#leave(connection);
      this.#enter(connection, who, wish);
    });
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
    const state = { occupant: null, isContested: false, waitedMs: 0, counts };
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
    if (connection.hasLeft) throw new SessionError('left', 'the client has left');
    // Another box counts the clients that it sends.
    const gone = isSentOn ? () => {} : this.#presence.enter({ stream, role, address });
    const isPublisher = role === 'publish';
    const member = isPublisher ? new Member(connection, wish, performance.now()) : null;
    this.#members.set(connection, { stream, role, member, gone });
    if (member !== null) this.#publishing.add(member);
    connection.onLeft = () => this.#leave(connection);
  }

  #leave(connection: Connection): void {
    const { member = null, gone } = this.#members.get(connection) ?? {};
    this.#members.delete(connection);
    connection.onLeft = null;
    gone?.();
    if (member !== null) this.#publishing.remove(member);
  }

  /** Ends a publisher that sends more than it may. */
  #limitRate({ connection }: Member, bitsPerSecond: number): void {
    const { publishBitrate: most } = this.#options.rules();
    const megabits = bitsPerSecond / 1e6;
    if (most === 0 || megabits <= most) return;
    const text = `limits.publishBitrate: it sent ${megabits.toFixed(1)} Mbit/s, more than ${most}`;
    connection.end(new SessionError('publishBitrate', text));
  }

  /** Resolves when the client is admitted, and has entered in the moment of that decision. */
  async #ask(newcomer: Connection, who: Who, enter: (who: Who) => void): Promise<void> {
    const { stream } = who;
    const since = performance.now();
    let contests = false;
    try {
      for (;;) {
        const occupants = who.role === 'publish' ? this.#occupantsOf(newcomer, stream) : [];
        const decision = this.#decide(who, { occupants, since, contests });
        if (decision.kind === 'admit') return enter(who);
        if (decision.kind === 'refuse') throw new SessionError(decision.reason, decision.text);
        contests = true;
        this.#contested.add(stream);
        const mayEnd = decision.kind === 'takeOver' && (await this.#isReading(stream));
        throwIfLeft(newcomer);
        if (mayEnd) {
          await this.#takeOver(newcomer, who, occupants);
          return enter(who);
        }
        await delay(POLL_MS);
        throwIfLeft(newcomer);
      }
    } finally {
      if (contests) this.#contested.delete(stream);
    }
  }

  #decide(who: Who, { occupants, since, contests }: Asked): Decision {
    const state = {
      occupant: this.#occupant(who.stream, occupants, since),
      isContested: !contests && this.#contested.has(who.stream),
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

  /** Returns the clients that publish the stream on this box, or are on their way to it. */
  #occupantsOf(newcomer: Connection, stream: StreamKey): readonly Member[] {
    const isLive = this.#options.liveHere(stream) !== null;
    return this.#publishing
      .of(stream)
      .filter((member) => member.connection !== newcomer && !member.isElsewhere)
      .filter((member) => isLive || !member.wasAccepted);
  }

  #occupant(stream: StreamKey, members: readonly Member[], since: number): Occupant | null {
    const live = this.#options.liveHere(stream);
    const [first] = members;
    if (first === undefined) {
      if (live === null) return null;
      const unknown = { id: null, quietMs: null, lagMs: 0, spoke: false };
      return { ...unknown, isAccepted: live.isAccepted };
    }
    const isMeasured = members.every((one) => one.isMeasured);
    return {
      id: first.connection.id,
      isAccepted: live?.isAccepted ?? false,
      quietMs: isMeasured ? Math.min(...members.map(({ quietMs }) => quietMs)) : null,
      lagMs: Math.max(...members.map(({ lagMs }) => lagMs)),
      spoke: members.some((one) => one.wasAccepted && one.spokeAt > since + IN_FLIGHT_MS),
    };
  }

  /** Ends the present publisher, and resolves when its child has freed the stream. */
  async #takeOver(
    newcomer: Connection,
    { stream, address }: Who,
    members: readonly Member[],
  ): Promise<void> {
    const { rules, liveHere, dismiss, logger } = this.#options;
    const { takeover, silentMs } = rules();
    const seconds = silentMs / 1000;
    const why = takeover === 'silent' ? `it sent nothing for ${seconds} s` : 'it gives way to any';
    const child = liveHere(stream)?.owner.id ?? null;
    const about = { stream, child, client: members[0]?.connection.client ?? null, by: address };
    tellStream(logger, { type: 'publisher-replaced', ...about, why }, 'publisher taken over');
    const reason = new SessionError('left', `another publisher has taken the stream over: ${why}`);
    for (const { connection } of members) connection.end(reason);
    // SRS forgets its hook about a publisher that it is told to end while that is leaving already.
    void dismiss(stream, members.length > 0 ? 'sessions' : 'all');
    await this.#untilFree(stream, LEAVE_MS);
    if (liveHere(stream) !== null) void dismiss(stream, 'all');
    await this.#untilFree(stream, FREE_MS);
    throwIfLeft(newcomer);
  }

  /** Resolves when no child reports a publisher, or after `ms` milliseconds. */
  async #untilFree(stream: StreamKey, ms: number): Promise<void> {
    const late = performance.now() + ms;
    while (this.#options.liveHere(stream) !== null && performance.now() < late) {
      await delay(FREE_POLL_MS);
    }
  }
}

function throwIfLeft({ hasLeft, reason }: Connection): void {
  if (reason !== null) throw reason;
  if (hasLeft) throw new SessionError('left', 'the client has left');
}

import {
  CONCLUSION,
  FIRST_REJECTION,
  type Handshake,
  INDUCTION,
  inductionOf,
  parseHandshake,
  resend,
} from '../../protocol/srt/handshake.js';
import { Reject, rejectType } from '../../protocol/srt/reject.js';
import type { UdpRelay, UdpSession } from '../../relay/udp.js';
import { canAlias } from '../aliases.js';
import type { Route } from '../route.js';
import { SessionError } from '../session-error.js';
import { within } from '../within.js';
import type { Caller } from './callers.js';
import { type KeyLength, REPEAT_MS } from './key-length.js';
import { SrtLink } from './link.js';
import type { Moves } from './moves.js';
import { SrtRefusal } from './refusal.js';

/** Most milliseconds for the child; libsrt's callers give up after as long. */
const CHILD_ANSWER_MS = 3000;

export interface HandshakeContext {
  readonly relay: UdpRelay;
  readonly keyLength: KeyLength;
  readonly moves: Moves;
  /** Most milliseconds for a child's answer to a caller. */
  readonly childAnswerMs?: number;
}

/**
 * Repeats a caller's handshake with its child: an induction, then the caller's conclusion with the
 * child's cookie. Packets are repeated until answered, and sessions do not wait for each other:
 * each has its own socket.
 */
export class ChildHandshake {
  /**
   * Resolves when the caller is accepted. Rejects with the child's refusal, or if it does not
   * answer.
   */
  readonly link: Promise<SrtLink>;
  readonly #caller: Caller;
  readonly #context: HandshakeContext;
  readonly #child: string;
  readonly #signal: AbortSignal;
  readonly #session: UdpSession | null;
  readonly #repeat: NodeJS.Timeout;
  /** The child's cookie; null: not yet received. */
  #cookie: number | null = null;
  #isDone = false;
  #resolve: (link: SrtLink) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(caller: Caller, route: Route, context: HandshakeContext) {
    const { connection } = caller;
    this.#caller = caller;
    this.#context = context;
    this.#child = `child ${route.owner.id}`;
    this.#signal = connection.signal;
    this.link = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#repeat = setInterval(() => this.#say(), REPEAT_MS);
    const limit = context.childAnswerMs ?? CHILD_ANSWER_MS;
    within(limit, () => this.#fail(this.#silence()), this.link).catch(() => {});
    this.#signal.addEventListener('abort', this.#abort);
    this.#session = this.#open(connection.alias, route);
    if (this.#signal.aborted) this.#abort();
  }

  #open(alias: string | null, { host: ip, ports }: Route): UdpSession | null {
    const child = { ip, port: ports.srt };
    const session = this.#context.relay.open(this.#caller.from, child, [this.#induction()], {
      heard: (packet) => this.#hear(packet),
      ...(alias === null || !canAlias(ip) ? {} : { from: alias }),
    });
    if (session === null) this.#fail(new SessionError('child', 'the relay has no room'));
    else
      void session.ended.then((end) =>
        this.#fail(mishap('ECONNREFUSED', `${this.#child}: ${end}`)),
      );
    return session;
  }

  #hear(packet: Buffer): void {
    if (this.#isDone) {
      // It came after the answer, before the relay knew the caller.
      this.#context.relay.send(packet, this.#caller.from);
      return;
    }
    const parsed = parseHandshake(packet);
    if (parsed.kind !== 'value') return;
    const { type, destination } = parsed.value;
    if (destination !== this.#caller.handshake.id) return;
    if (type === INDUCTION) this.#conclude(parsed.value);
    else if (type === CONCLUSION) this.#accept(packet, parsed.value);
    else if (type >= FIRST_REJECTION) this.#fail(this.#refusal(type));
  }

  #conclude({ cookie, encryption }: Handshake): void {
    if (this.#cookie !== null) return;
    this.#cookie = cookie;
    this.#context.keyLength.learn(encryption);
    this.#repeat.refresh();
    this.#say();
  }

  #accept(packet: Buffer, { id }: Handshake): void {
    const { relay, moves } = this.#context;
    const { from, handshake } = this.#caller;
    if (this.#session === null || moves.find(from, id) !== null) {
      this.#fail(mishap('EAGAIN', 'two children gave one socket id'));
      return;
    }
    this.#finish();
    const ids = { client: handshake.id, child: id };
    const link = new SrtLink(relay, this.#session, from, ids);
    link.moveTo(from);
    const answer = resend(packet, handshake.cookie, 0);
    this.#caller.answer = { packet: answer, at: performance.now() };
    relay.send(answer, from);
    this.#resolve(link);
  }

  #say(): void {
    this.#session?.send(this.#cookie === null ? this.#induction() : this.#conclusion(this.#cookie));
  }

  #induction(): Buffer {
    return inductionOf(this.#caller.conclusion);
  }

  #conclusion(cookie: number): Buffer {
    const { conclusion, at } = this.#caller;
    return resend(conclusion, cookie, 1000 * (performance.now() - at));
  }

  readonly #abort = (): void => this.#fail(this.#signal.reason);

  #fail(error: Error): void {
    if (this.#isDone) return;
    this.#finish();
    this.#session?.destroy();
    this.#reject(error);
  }

  #finish(): void {
    this.#isDone = true;
    clearInterval(this.#repeat);
    this.#signal.removeEventListener('abort', this.#abort);
  }

  #silence(): Error {
    return new SessionError('child', `${this.#child} does not answer`);
  }

  /** One that another box sends on may be refused there as a second publisher. */
  #refusal(type: number): Error {
    const isBusy = type === rejectType(Reject.conflict);
    if (isBusy) return new SrtRefusal('busy', type, 'the stream is being published already');
    return new SrtRefusal('child', type, `${this.#child} refuses it: ${type - FIRST_REJECTION}`);
  }
}

/** Makes an error with a code: the child never had the caller, so another attempt is possible. */
function mishap(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

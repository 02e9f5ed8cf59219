import { randomBytes } from 'node:crypto';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { Address } from '../../config/config.js';
import { logRefusal } from '../../logging/refusals.js';
import { isCookieOf } from '../../protocol/srt/cookie.js';
import {
  CONCLUSION,
  type Handshake,
  INDUCTION,
  parseHandshake,
  rejection,
  resend,
} from '../../protocol/srt/handshake.js';
import { answerInduction, type InductionSettings } from '../../protocol/srt/induction.js';
import { DESTINATION_AT, HANDSHAKE, kindOf, SHUTDOWN } from '../../protocol/srt/packet.js';
import { Reject, rejectType } from '../../protocol/srt/reject.js';
import type { UdpEndpoint, UdpRelay, UdpRelayOptions, UdpSession } from '../../relay/udp.js';
import type { ConnectionLimits, LimitName } from '../budget.js';
import { ClientListener, type KeptService } from '../client-listener.js';
import { countRefusal } from '../counters.js';
import type { KeptSrt, KeptSrtClient } from '../kept.js';
import { listenError } from '../listen-error.js';
import { SessionError } from '../session-error.js';
import { ANSWERER } from './answerer.js';
import { type Caller, Callers } from './callers.js';
import { KeyLength } from './key-length.js';
import { SrtLink } from './link.js';
import { Moves } from './moves.js';
import { refusalType } from './refusal.js';
import { askedBy, followMoves, type SrtSessionContext, serveSrt } from './session.js';
import { type StrayLookup, Strays } from './strays.js';

/** Milliseconds of silence that end a connection; both ends send something every second. */
const IDLE_MS = 15_000;

export interface SrtListenerParts extends Omit<SrtSessionContext, 'relay' | 'keyLength' | 'moves'> {
  readonly address: Address;
  readonly limits: ConnectionLimits;
  readonly openRelay: (options: UdpRelayOptions) => Promise<UdpRelay>;
  /** Secret for cookies; default: a random one. */
  readonly cookieSecret?: string;
  /** Finds connections on other boxes; default: there are none. */
  readonly elsewhere?: StrayLookup;
  /** Returns the SRT port of any ready child; null: none is ready. */
  readonly someChild: () => UdpEndpoint | null;
}

/** The SRT port: handshakes with callers, and starts a session for each. */
export class SrtListener extends ClientListener {
  readonly #options: SrtListenerParts;
  readonly #keyLength: KeyLength;
  readonly #callers = new Callers();
  readonly #secret: string;
  readonly #startedAt = Date.now();
  readonly #serving = new Set<Promise<void>>();
  /** Null while the port is closed. */
  #context: SrtSessionContext | null = null;
  /** Null: there are no other boxes. */
  #strays: Strays | null = null;
  #isClosing = false;

  constructor(options: SrtListenerParts) {
    const { limits, aliases, logger } = options;
    super({ limits, aliases, notServed: 'srt caller refused', logger });
    this.#options = options;
    this.#secret = options.cookieSecret ?? randomBytes(32).toString('hex');
    const relay = () => this.#context?.relay ?? null;
    this.#keyLength = new KeyLength(options.someChild, relay, () =>
      relay()?.answerBy(this.#induction()),
    );
  }

  async start(): Promise<void> {
    const { address, limits, openRelay } = this.#options;
    const opening = openRelay({
      address,
      maxSessions: limits.connections,
      idleMs: IDLE_MS,
      tagAt: DESTINATION_AT,
      farewell: SHUTDOWN,
      answerer: { module: ANSWERER, settings: this.#induction() },
      onStranger: (packet, from) => this.#hear(packet, from),
    });
    const relay = await opening.catch((error: unknown) => {
      throw listenError('listen.srt', address, error);
    });
    const keyLength = this.#keyLength;
    const { isBox, elsewhere } = this.#options;
    const { connections } = this;
    this.#context = { ...this.#options, relay, keyLength, moves: new Moves(isBox) };
    if (elsewhere) this.#strays = new Strays({ relay, connections, ...elsewhere });
    await keyLength.ask();
  }

  address(): AddressInfo | null {
    if (this.#context === null) return null;
    const { host: address = '::' } = this.#options.address;
    const { port } = this.#context.relay;
    return { address, family: isIPv6(address) ? 'IPv6' : 'IPv4', port };
  }

  /** Returns whether a client of that address is connected to a child's socket of that id. */
  has(socketId: number, ip: string): boolean {
    return this.#context?.moves.has(ip, socketId) ?? false;
  }

  /** Serves callers that name no stream by another default from now on. */
  renew(defaultStreamId: SrtSessionContext['defaultStreamId']): void {
    if (this.#context !== null) this.#context = { ...this.#context, defaultStreamId };
  }

  /** Its clients outlive the program. */
  get isKept(): boolean {
    return this.#context?.relay.keeping != null;
  }

  /** Returns what outlives the program; `numberOf` has the UDP sessions that do. */
  giveSrt(numberOf: (session: UdpSession) => number | null): KeptSrt {
    const clients = Array.from(this.connections).flatMap((connection) => {
      const { relayed: link } = connection;
      const number = link instanceof SrtLink ? link.numberBy(numberOf) : null;
      if (!(link instanceof SrtLink) || number === null) return [];
      return { client: connection.give(number), at: link.client, ids: link.ids };
    });
    return { secret: this.#secret, clients };
  }

  /** Goes on with a client of the program before this one, by its UDP session. */
  goOnWith(
    { client, at, ids }: KeptSrtClient,
    session: UdpSession,
    readmit: KeptService['readmit'],
  ): void {
    const context = this.#context;
    if (context === null) {
      session.destroy();
      return;
    }
    const relayed = new SrtLink(context.relay, session, at, ids);
    void this.goOn(client, {
      relayed,
      readmit: (connection) => {
        followMoves(connection, relayed, context.moves);
        return readmit(connection);
      },
    });
  }

  /** Closes the port; connected clients are told. */
  override async close(): Promise<void> {
    this.#isClosing = true;
    await super.close();
    await Promise.all(this.#serving);
    const relay = this.#context?.relay;
    this.#context = null;
    await relay?.close();
  }

  /** Handles a datagram that belongs to no connection. */
  #hear(packet: Buffer, from: UdpEndpoint): void {
    const kind = kindOf(packet);
    if (kind < 0 || this.#isClosing) return;
    if (kind === HANDSHAKE) this.#shake(packet, from);
    else if (!this.#context?.moves.heard(packet, from, performance.now()))
      this.#stray(packet, from);
  }

  /** Asks other boxes about a packet, unless another box has sent it: so there are no loops. */
  #stray(packet: Buffer, from: UdpEndpoint): void {
    if (this.#options.isBox?.(from.ip)) return;
    void this.#strays?.meet(packet, from, performance.now());
  }

  #shake(packet: Buffer, from: UdpEndpoint): void {
    const parsed = parseHandshake(packet);
    if (parsed.kind !== 'value' || parsed.value.destination !== 0) return;
    const handshake = parsed.value;
    if (handshake.type === INDUCTION) this.#induce(packet, from);
    else if (handshake.type === CONCLUSION) this.#conclude(packet, handshake, from);
  }

  /** Answers an induction while the relay cannot. Nothing is remembered of the caller. */
  #induce(packet: Buffer, from: UdpEndpoint): void {
    const settings = this.#induction();
    const encryption = settings.encryption ?? 0;
    const answer = answerInduction(packet, from, { ...settings, encryption }, Date.now());
    if (answer !== null) this.#send(answer, from);
    void this.#keyLength.ask();
  }

  #induction(): InductionSettings {
    const { value: encryption } = this.#keyLength;
    return { secret: this.#secret, encryption, startedAt: this.#startedAt };
  }

  #conclude(packet: Buffer, handshake: Handshake, from: UdpEndpoint): void {
    const now = performance.now();
    if (!isCookieOf(handshake.cookie, this.#secret, from, Date.now())) return;
    const known = this.#callers.find(from, handshake);
    if (known !== null) {
      this.#repeat(known, now);
      return;
    }
    this.counters.accepted += 1;
    const connection = this.connections.open(from.ip, from.port, Date.now());
    if (typeof connection === 'string') this.#turnAway(packet, from, connection);
    else
      this.#serve({
        connection,
        packet,
        conclusion: packet,
        handshake,
        from,
        at: now,
        answer: null,
      });
  }

  /** Repeats the answer to a repeated conclusion, if there is one. */
  #repeat({ answer, handshake, from }: Caller, now: number): void {
    if (answer === null) return;
    this.#send(resend(answer.packet, handshake.cookie, 1000 * (now - answer.at)), from);
  }

  #turnAway(packet: Buffer, from: UdpEndpoint, limit: LimitName): void {
    countRefusal(this.counters, limit);
    const fields = { client: from.ip, limit: `limits.${limit}` };
    logRefusal(this.#options.logger, 'srt caller refused', fields);
    this.#send(rejection(packet, rejectType(Reject.overload), this.#micros()), from);
  }

  #serve(caller: Caller): void {
    const earlier = this.#callers.add(caller);
    earlier?.connection.end(new SessionError('left', 'the client has called anew'));
    const serving = this.#run(caller).finally(() => {
      this.#serving.delete(serving);
      this.#callers.leave(caller, performance.now());
    });
    this.#serving.add(serving);
  }

  async #run(caller: Caller): Promise<void> {
    const context = this.#context;
    if (context === null) return this.leave(caller.connection);
    const work = async () => {
      await serveSrt(caller, context);
      caller.answer = null;
    };
    const dismiss = (error: unknown) => this.#refuse(caller, error);
    await this.serve(caller.connection, work, dismiss, () => ({ streamId: askedBy(caller) }));
  }

  #refuse(caller: Caller, error: unknown): void {
    const answer = rejection(caller.packet, refusalType(error), this.#micros());
    caller.answer = { packet: answer, at: performance.now() };
    this.#send(answer, caller.from);
  }

  #send(packet: Buffer, to: UdpEndpoint): void {
    this.#context?.relay.send(packet, to);
  }

  #micros(): number {
    return 1000 * (Date.now() - this.#startedAt);
  }
}

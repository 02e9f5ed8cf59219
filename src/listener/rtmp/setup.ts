import { messageOf } from '../../errors.js';
import type { HeldPlay } from '../../protocol/rtmp/held-play.js';
import { type Identified, type RtmpIdentifier, refusal } from '../../protocol/rtmp/identify.js';
import { MAX_SAID } from '../../protocol/rtmp/play-record.js';
import type { ChildFault, ClientSetup, PendingClient } from '../../relay/client-setup.js';
import type { Connection } from '../connection.js';
import { noProxyHeader, PROXY_HEADER_MS, ProxyHeaderReader } from '../read-proxy-header.js';
import { failureOf, reasonForClient, SessionError } from '../session-error.js';
import { RelayedClient } from './client-watch.js';
import {
  ChildAnswers,
  IDLE_MS,
  MAX_UNREAD,
  newIdentifier,
  openingOf,
  type ServerRules,
  TOLD,
} from './talk.js';

/** A client that has closed its stream has so long to name another one, as in SRS. */
const AGAIN_MS = 180_000;

export interface SetupRules extends ServerRules {
  readonly identifyMs: number;
  /** Time that a child may take to answer. */
  readonly childAnswerMs: number;
}

/** The side of a setup that finds children: a relay thread's handler, or a session. */
export interface SetupHost<Client extends PendingClient> {
  readonly rules: SetupRules;
  /** Counts the client in; null: a limit refuses it. */
  admit(ip: string, port: number): Connection | null;
  /** The client has named its stream, and is not read from until the host goes on with it. */
  named(setup: RtmpSetup<Client>, connection: Connection, identified: Identified): void;
  /** The client is about to be relayed: nothing more comes of this setup. */
  relayed(setup: RtmpSetup<Client>): void;
  /** The child does not serve the client, which may be brought to another one. */
  failed(setup: RtmpSetup<Client>, identified: Identified, fault: ChildFault): void;
  /** The client is closed for that error, or handed back (null). */
  over(setup: RtmpSetup<Client>, error: Error | null): void;
}

/** A client that has closed its stream. */
export type StreamClosed = ReturnType<HeldPlay['closed']>;

/**
 * The progress of a client. `named`: its host looks for a child; `held`: a reader of the host's
 * hears the client; `over`: it is closed or relayed.
 */
type Stage = 'header' | 'identifying' | 'named' | 'held' | 'dialling' | 'levelling' | 'over';

/**
 * One RTMP client, from its first byte until it is level with its child, on a relay thread or on
 * the control thread. The setup speaks with both and knows neither sockets nor routes.
 */
export class RtmpSetup<Client extends PendingClient = PendingClient> implements ClientSetup {
  readonly client: Client;
  connection: Connection | null = null;
  /** Names the client on a relay thread, and to the control side. */
  ticket = -1;
  /** The client has named a stream. */
  isKnown = false;
  /** The control side has the client itself. */
  isHandedBack = false;
  readonly #host: SetupHost<Client>;
  #stage: Stage = 'header';
  /** When the present stage must be over, on the thread's clock, and how long it may take. */
  #deadline = performance.now() + PROXY_HEADER_MS;
  #limitMs = PROXY_HEADER_MS;
  #header: ProxyHeaderReader | null = null;
  #identifier: RtmpIdentifier | null = null;
  #identified: Identified | null = null;
  #answers: ChildAnswers | null = null;
  #reader: ((bytes: Buffer) => void) | null = null;
  /** The client's bytes go to the child as they come, which is answering still. */
  #rewriting = false;
  /** Bytes that were so forwarded; null: too many for a watch. */
  #forwarded: Buffer[] | null = [];
  #forwardedBytes = 0;
  /** The first reason to close the client. */
  #error: Error | null = null;

  constructor(client: Client, host: SetupHost<Client>) {
    this.client = client;
    this.#host = host;
  }

  /** Counts the client in, at its own address or the one that a proxy names; false: refused. */
  enter(ip: string, port: number): boolean {
    const connection = this.#host.admit(ip, port);
    if (connection === null) {
      this.client.close('reset');
      return false;
    }
    const { rules } = this.#host;
    this.#own(connection);
    this.#identifier = newIdentifier(rules, connection.id, this.client.localIp);
    this.#move('identifying', rules.identifyMs);
    return true;
  }

  /** Goes on with a client that has named its stream elsewhere. */
  resume(connection: Connection, identified: Identified): void {
    this.#own(connection);
    [this.#identified, this.isKnown] = [identified, true];
    this.#move('named');
  }

  /** Hears a client that has closed its stream, until it names another one. */
  identifyAgain(connection: Connection, { heard, rest }: StreamClosed): void {
    this.#own(connection);
    this.#identifier = newIdentifier(this.#host.rules, connection.id, this.client.localIp);
    this.#identifier.resume(heard);
    this.#move('identifying', AGAIN_MS);
    this.client.listen(true);
    if (rest.length > 0) this.#identify(rest);
  }

  /** A reader hears the client from here on; null: nobody does. */
  hold(reader: ((bytes: Buffer) => void) | null): void {
    this.#reader = reader;
    this.#move(reader === null ? 'named' : 'held');
    this.client.listen(reader !== null);
  }

  /** A child is being dialled, and has to answer in time. */
  dials(): void {
    this.#move('dialling', this.#host.rules.childAnswerMs);
  }

  /** Levels the client with the child that is dialled; answers the bytes that the child gets. */
  level(identified: Identified): Buffer {
    this.#identified = identified;
    this.#answers = new ChildAnswers(identified);
    this.#move('levelling', this.#host.rules.childAnswerMs);
    return openingOf(identified);
  }

  /** The client's wish, while its host looks for a child; else null. */
  get wish(): Identified | null {
    return this.#stage === 'named' ? this.#identified : null;
  }

  clientSaid(bytes: Buffer): void {
    if (this.#stage === 'header') this.#readHeader(bytes);
    else if (this.#stage === 'identifying') this.#identify(bytes);
    else if (this.#stage === 'held') this.#reader?.(bytes);
    else if (this.#rewriting) this.#forward(bytes);
  }

  clientLeft(): void {
    this.end(new SessionError('left', 'the client has left'));
  }

  childSaid(bytes: Buffer): void {
    try {
      this.#answered(bytes);
    } catch (error) {
      if (failureOf(error) === 'internal') this.end(error);
      else this.childLeft({ code: '', message: messageOf(error) });
    }
  }

  childLeft(fault: ChildFault): void {
    const identified = this.#identified;
    if (identified === null || this.#stage !== 'levelling') return;
    if (this.#rewriting) {
      // The child has had bytes of the client's that no other one could be told.
      this.end(new SessionError('child', fault.message));
      return;
    }
    this.#move('named');
    this.#host.failed(this, identified, fault);
  }

  /** Ends a stage that takes too long. */
  tick(now: number): void {
    if (now < this.#deadline) return;
    if (this.#stage === 'levelling') this.childLeft({ code: '', message: 'it does not answer' });
    else this.end(this.#tooLate());
  }

  /** Closes the client, for that reason. */
  end(error: unknown): void {
    if (this.#stage === 'over') return;
    this.#note(error);
    this.#move('over');
    this.client.close('end', this.#lastWords(error));
  }

  over(error: unknown): void {
    this.#move('over');
    if (error !== null) this.#note(error);
    this.#host.over(this, this.#error);
  }

  #own(connection: Connection): void {
    this.connection = connection;
    connection.onEnd = (reason) => this.end(reason);
  }

  #readHeader(bytes: Buffer): void {
    this.#header ??= new ProxyHeaderReader();
    const read = this.#header.take(bytes, this.client);
    if (read === null) return;
    const { client, rest } = read;
    if (this.enter(client.ip, client.port) && rest.length > 0) this.#identify(rest);
  }

  #identify(bytes: Buffer): void {
    const identifier = this.#identifier;
    if (identifier === null) return;
    const outcome = identifier.feed(bytes);
    const replies = identifier.takeReplies();
    if (replies.length > 0) this.client.answer(replies);
    if (outcome.kind === 'invalid') this.end(new SessionError('invalid', outcome.reason));
    if (outcome.kind === 'value') this.#named(outcome.value);
  }

  #named(identified: Identified): void {
    const { connection } = this;
    if (connection === null) return;
    this.#identifier = null;
    this.#identified = identified;
    this.client.listen(false);
    this.#move('named');
    this.isKnown = true;
    this.#host.named(this, connection, identified);
  }

  #answered(bytes: Buffer): void {
    if (this.#answers === null || this.#stage !== 'levelling') return;
    const { toClient, level } = this.#answers.take(bytes);
    if (level) {
      this.#move('over');
      const watch = this.#watch(this.#answers.chunkSize);
      // Sessions live on with their client: the bytes that it has said need not.
      this.#identified = null;
      this.#answers = null;
      this.#host.relayed(this);
      this.client.join({ toClient, idleMs: IDLE_MS, watch, ticket: this.ticket });
    } else if (toClient.length > 0) {
      this.client.answer(toClient);
      if (!this.#rewriting) this.client.listen(true);
      this.#rewriting = true;
      this.#bound();
    }
  }

  /** A client may name another stream on its connection. */
  #watch(chunkSize: number): RelayedClient | null {
    const { id } = this.connection ?? {};
    const forwarded = this.#forwarded;
    if (id === undefined || forwarded === null || this.#identified === null) return null;
    const recorded = Buffer.concat([this.#identified.recorded, ...forwarded]);
    const identified = { ...this.#identified, recorded, chunkSize };
    const { localIp } = this.client;
    return new RelayedClient(this.#host.rules, { identified, id, localIp });
  }

  #forward(bytes: Buffer): void {
    this.#forwardedBytes += bytes.length;
    if (this.#forwardedBytes > MAX_SAID) this.#forwarded = null;
    this.#forwarded?.push(bytes);
    this.client.forward(bytes);
    this.#bound();
  }

  /** Nothing slows a side down while bytes are rewritten: those that wait are in our memory. */
  #bound(): void {
    const most = Math.max(this.client.unread, this.client.unsent);
    if (most > MAX_UNREAD) this.end(new SessionError('left', 'the client reads too slowly'));
  }

  #tooLate(): SessionError {
    if (this.#stage === 'header') return noProxyHeader();
    if (this.#stage === 'dialling') return new SessionError('child', 'its child does not answer');
    return new SessionError('silent', `named no stream within ${this.#limitMs} ms`);
  }

  #lastWords(error: unknown): Buffer | undefined {
    if (this.#identified === null || !TOLD.has(failureOf(this.#error))) return undefined;
    const { role, chunkSize } = this.#identified;
    return refusal(role, reasonForClient(error), chunkSize, failureOf(error) === 'busy');
  }

  #note(error: unknown): void {
    this.#error ??= error instanceof Error ? error : new Error(String(error));
  }

  #move(stage: Stage, ms = Number.POSITIVE_INFINITY): void {
    if (this.#stage === 'over') return;
    this.#stage = stage;
    this.#limitMs = ms;
    this.#deadline = performance.now() + ms;
  }
}

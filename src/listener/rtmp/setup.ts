import { messageOf } from '../../errors.js';
import type { Logger } from '../../logging/logger.js';
import { append } from '../../protocol/append.js';
import { parseProxyHeader } from '../../protocol/proxy/header.js';
import { type Identified, type RtmpIdentifier, refusal } from '../../protocol/rtmp/identify.js';
import type {
  ChildFault,
  ClientSetup,
  DialTarget,
  PendingClient,
} from '../../relay/client-setup.js';
import { normalIp } from '../client-address.js';
import type { Connection } from '../connections.js';
import type { Failure } from '../listener.js';
import { logFailure } from '../log-failure.js';
import { PROXY_HEADER_MS } from '../read-proxy-header.js';
import { failureOf, reasonForClient, SessionError } from '../session-error.js';
import { ChildAnswers, IDLE_MS, MAX_UNREAD, newIdentifier, openingOf } from './talk.js';
import type { Resumed, RouteAnswer, SetupSettings } from './thread-messages.js';

/** The handler, as one client's setup uses it. */
export interface SetupHost {
  readonly settings: SetupSettings;
  readonly logger: Logger;
  /** Counts the client in; null: a limit refuses it. */
  admit(ip: string, port: number): Connection | null;
  /** Asks where the client goes; `answered` will be told. */
  ask(setup: RtmpSetup, connection: Connection, identified: Identified): void;
  /** It is relayed from here on. */
  relayed(setup: RtmpSetup): void;
  /** It is over without having been relayed; `failure`: it was closed for that. */
  over(setup: RtmpSetup, failure: Failure | null): void;
}

/** How far a client has come. */
type Stage = 'header' | 'identifying' | 'asking' | 'levelling';

/**
 * One RTMP client on a relay thread, from its first byte until it is level with its child. What is out
 * of the ordinary (no child, one that refuses, one on another box) goes to the control side.
 */
export class RtmpSetup implements ClientSetup {
  connection: Connection | null = null;
  /** Names the client, here and to the control side. */
  ticket = -1;
  /** The control side has heard of it. */
  isKnown = false;
  /** The control side has the client itself. */
  isHandedBack = false;
  #stage: Stage = 'header';
  readonly #client: PendingClient;
  readonly #host: SetupHost;
  /** When the present stage must be over, on the thread's clock. */
  #deadline: number;
  #header: Buffer = Buffer.alloc(0);
  #identifier: RtmpIdentifier | null = null;
  #identified: Identified | null = null;
  #answers: ChildAnswers | null = null;
  /** The client's bytes go to the child as they come, which is answering still. */
  #rewriting = false;
  #failure: Failure | null = null;

  constructor(client: PendingClient, host: SetupHost) {
    this.#client = client;
    this.#host = host;
    this.#deadline = performance.now() + PROXY_HEADER_MS;
  }

  /** Counts the client in, at its own address or the one that a proxy names. False: it is refused. */
  enter(ip: string, port: number): boolean {
    const connection = this.#host.admit(ip, port);
    if (connection === null) {
      this.#client.close('reset');
      return false;
    }
    const { server, identifyMs } = this.#host.settings;
    this.connection = connection;
    connection.onEnd = (reason) => this.end(reason);
    this.#identifier = newIdentifier(server, connection.id);
    this.#move('identifying', identifyMs);
    return true;
  }

  clientSaid(bytes: Buffer): void {
    if (this.#stage === 'header') this.#readHeader(bytes);
    else if (this.#stage === 'identifying') this.#identify(bytes);
    else if (this.#rewriting) this.#client.forward(bytes);
  }

  clientLeft(): void {
    this.end(new SessionError('left', 'the client has left'));
  }

  /** Where the client goes, as the control side says. */
  answered(answer: RouteAnswer): void {
    const identified = this.#identified;
    if (this.#stage !== 'asking' || identified === null) return;
    if (answer === 'hand-back') this.#handBack(identified, null);
    else this.#dial(identified, answer.dial);
  }

  childSaid(bytes: Buffer): void {
    try {
      this.#level(bytes);
    } catch (error) {
      if (failureOf(error) === 'internal') this.end(error);
      else this.#fail({ code: '', message: messageOf(error) });
    }
  }

  childLeft(fault: ChildFault): void {
    this.#fail(fault);
  }

  /** Ends what takes too long. */
  tick(now: number): void {
    if (now < this.#deadline) return;
    const { identifyMs } = this.#host.settings;
    if (this.#stage === 'levelling') {
      this.#fail({ code: '', message: 'it does not answer' });
    } else if (this.#stage === 'header') {
      this.end(new SessionError('invalid', 'no PROXY header in time'));
    } else {
      this.end(new SessionError('silent', `named no stream within ${identifyMs} ms`));
    }
  }

  /** Closes the client, for that reason. */
  end(error: unknown): void {
    this.#note(error);
    const role = this.#failure === 'internal' ? this.#identified?.role : undefined;
    if (role !== undefined) this.#client.answer(refusal(role, reasonForClient(error)));
    this.#client.close('end');
  }

  over(error: unknown): void {
    if (error !== null) this.#note(error);
    this.#host.over(this, this.#failure);
  }

  #readHeader(bytes: Buffer): void {
    this.#header = append(this.#header, bytes);
    const parsed = parseProxyHeader(this.#header);
    if (parsed.kind === 'invalid') this.end(new SessionError('invalid', parsed.reason));
    if (parsed.kind !== 'value') return;
    const { ip, port } = parsed.value ?? this.#client;
    const rest = this.#header.subarray(parsed.consumed);
    if (this.enter(normalIp(ip) ?? ip, port) && rest.length > 0) this.#identify(rest);
  }

  #identify(bytes: Buffer): void {
    const { connection } = this;
    const identifier = this.#identifier;
    if (identifier === null || connection === null) return;
    const outcome = identifier.feed(bytes);
    const replies = identifier.takeReplies();
    if (replies.length > 0) this.#client.answer(replies);
    if (outcome.kind === 'invalid') this.end(new SessionError('invalid', outcome.reason));
    if (outcome.kind === 'value') this.#ask(connection, outcome.value);
  }

  #ask(connection: Connection, identified: Identified): void {
    this.#identifier = null;
    this.#identified = identified;
    this.#client.listen(false);
    this.#move('asking', Number.POSITIVE_INFINITY);
    this.isKnown = true;
    this.#host.ask(this, connection, identified);
  }

  #dial(identified: Identified, target: DialTarget): void {
    this.#answers = new ChildAnswers(identified);
    this.#move('levelling', this.#host.settings.childAnswerMs);
    this.#client.dial(target, openingOf(identified));
  }

  #level(bytes: Buffer): void {
    if (this.#answers === null || this.#stage !== 'levelling') return;
    const { toClient, level } = this.#answers.take(bytes);
    if (level) {
      this.#host.relayed(this);
      this.#client.join({ toClient, idleMs: IDLE_MS, ticket: this.ticket });
    } else if (toClient.length > 0) {
      this.#client.answer(toClient);
      if (!this.#rewriting) this.#client.listen(true);
      this.#rewriting = true;
      const most = Math.max(this.#client.unread, this.#client.unsent);
      if (most > MAX_UNREAD) this.end(new SessionError('left', 'the client reads too slowly'));
    }
  }

  /** The child does not serve the client: the control side tries again, where that can be. */
  #fail(fault: ChildFault): void {
    const identified = this.#identified;
    if (identified === null || this.#stage !== 'levelling') return;
    // What the client has said meanwhile, the child has had.
    if (this.#rewriting) this.end(new SessionError('child', fault.message));
    // No fault of the child's: this machine lends no such address.
    else this.#handBack(identified, fault.code === 'EADDRNOTAVAIL' ? null : fault);
  }

  #handBack(identified: Identified, fault: ChildFault | null): void {
    // Answers of ours that it has not taken would be lost.
    this.isHandedBack = this.#client.unread === 0;
    const resumed: Resumed = { identified, fault };
    if (this.isHandedBack) this.#client.handBack(this.ticket, resumed);
    else this.clientLeft();
  }

  #note(error: unknown): void {
    const { ip } = this.#client;
    const { client = ip, stream = null } = this.connection ?? {};
    const about = { client, stream };
    const failure = logFailure(this.#host.logger, 'rtmp client closed', about, error);
    this.#failure ??= failure;
  }

  #move(stage: Stage, ms: number): void {
    this.#stage = stage;
    this.#deadline = performance.now() + ms;
  }
}

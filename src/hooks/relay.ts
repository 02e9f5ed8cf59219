import { messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { logRefusal, type RefusalFields } from '../logging/refusals.js';
import type { OwnerRef } from '../owner.js';
import { resolveVhost, streamKey } from '../stream-key.js';
import { type HookAction, wantsVerdict } from './actions.js';
import { Bearers } from './bearers.js';
import { type HookBody, type HookTruth, rewriteHook } from './body.js';
import { type CallResult, HookCaller, YES } from './caller.js';
import { type HookOutcome, HookTallies } from './counters.js';
import { HeldClients, type HookVoice } from './held-clients.js';
import { OrderedCalls } from './ordered-calls.js';
import type { Publication, Publishers } from './publishers.js';
import type { UserUrls } from './user-urls.js';
import type { HookAnswer } from './verdict.js';

export interface HookRelayOptions {
  readonly urls: UserUrls;
  readonly publishers: Publishers;
  /** Returns the children's vhosts. */
  readonly vhosts: () => readonly string[];
  /** Server id sent to users, whichever child calls. */
  readonly serverId: string;
  /** Returns the true address behind one of our aliases; null if the address is not an alias. */
  readonly clientOf: (alias: string) => Promise<string | null>;
  /** Disconnects a refused publisher from its child. */
  readonly dismiss?: (publication: Publication) => Promise<void>;
  /**
   * Keeps the stream's source alive while a hook decides, for a publisher that reached the child
   * past our ports. Resolves with a function that ends it.
   */
  readonly keep?: (publication: Publication) => Promise<() => void>;
  /** Source address of our own clients, of which users never hear. */
  readonly ownAddress: string;
  /** Called for each client reported to the user, with that id, so that the API can find it. */
  readonly heard?: (client: ChildClient, publicId: string) => void;
  /** Called with a child's id whenever it calls, and when it gets its answer. */
  readonly stirred?: ((childId: string) => void) | undefined;
  /** Identity for calls in SRS's place, for waiting players; default: none are made. */
  readonly voice?: HookVoice;
  /** Returns the most milliseconds for an answer. */
  readonly timeoutMs: () => number;
  readonly logger?: Logger;
}

interface ChildClient {
  readonly child: string;
  readonly id: string;
}

/** A child's call with its connection's data. */
export interface IncomingHook {
  readonly owner: OwnerRef;
  readonly body: HookBody;
  readonly userAgent: string;
  /** Aborts when the child has disconnected. */
  readonly signal: AbortSignal;
}

const TAKEN: HookAnswer = {
  status: 200,
  body: '{"code":1,"reason":"another child has the stream"}',
};
const UNANSWERED: HookAnswer = {
  status: 200,
  body: '{"code":1,"reason":"no verdict of the hook server"}',
};

/** Forwards children's hooks to the user's URLs, and tells the registry what is published. */
export class HookRelay {
  readonly #options: HookRelayOptions;
  readonly #caller: HookCaller;
  readonly tallies = new HookTallies();
  readonly #closing = new AbortController();
  /** Keeps the order of calls per client of a child. */
  readonly #turns = new OrderedCalls();
  /**
   * Functions that end a source keeper, by child and stream: one per stream, however many
   * publishers try.
   */
  readonly #keepers = new Map<string, () => void>();
  readonly #held: HeldClients;
  /** Tokens of clients that are to be told to users. */
  readonly bearers = new Bearers();

  constructor(options: HookRelayOptions) {
    this.#options = options;
    this.#caller = new HookCaller(options.timeoutMs, options.logger ?? silentLogger);
    const voice = options.voice ?? { serviceId: '', userAgent: '', newId: () => '' };
    this.#held = new HeldClients(voice, options.urls, (body, agent) => this.#say(body, agent));
  }

  /** Interface for waiting players. */
  get held(): HeldClients {
    return this.#held;
  }

  /**
   * Returns the answer for the child. A notification is answered before the user gets it. Never
   * rejects.
   */
  async handle(hook: IncomingHook): Promise<HookAnswer> {
    const { stirred } = this.#options;
    stirred?.(hook.owner.id);
    const answer = await this.#answer(hook);
    stirred?.(hook.owner.id);
    return answer;
  }

  async #answer(hook: IncomingHook): Promise<HookAnswer> {
    const { action } = hook.body;
    if (this.#held.hasHeard(hook.body)) {
      this.#note(hook);
      return YES;
    }
    const count = this.#counting(action);
    if (wantsVerdict(action)) {
      const { outcome, answer } = await this.#ask(hook);
      count(outcome);
      return answer ?? UNANSWERED;
    }
    if (action === 'on_unpublish') {
      this.#options.publishers.end(this.#publication(hook));
      this.#unkeep(this.#publication(hook));
    }
    // Resolved now: when the call is made, another client may have the alias.
    const truth = this.#truth(hook);
    const tell = async () => count((await this.#call(hook, truth)).outcome);
    if (!this.#turns.add(turnOf(hook), tell)) count('dropped');
    return YES;
  }

  /** Forwards a child's `on_hls_notify`. */
  notify(origin: string, path: string, userAgent: string): Promise<void> {
    return this.#caller.notify(origin, path, userAgent);
  }

  /** Forgets the source keepers of a dead child; they have ended with it. */
  childDown({ id, generation }: OwnerRef): void {
    for (const key of this.#keepers.keys()) {
      if (key.startsWith(`${id} ${generation} `)) this.#keepers.delete(key);
    }
  }

  /** Aborts pending calls. */
  close(): void {
    this.#closing.abort(new Error('the supervisor stops'));
    for (const leave of this.#keepers.values()) leave();
    this.#options.publishers.close();
    this.#caller.close();
  }

  async #ask(hook: IncomingHook): Promise<CallResult> {
    await this.#turns.idle(turnOf(hook), hook.signal);
    return hook.body.action === 'on_publish' ? this.#publish(hook) : this.#call(hook);
  }

  async #publish(hook: IncomingHook): Promise<CallResult> {
    const publication = this.#publication(hook);
    const result = await this.#admit(hook, publication);
    if (result.outcome !== 'ok' || hook.signal.aborted) await this.#dismiss(publication);
    return result;
  }

  async #dismiss(publication: Publication): Promise<void> {
    const { dismiss, logger = silentLogger } = this.#options;
    await dismiss?.(publication).catch((error: unknown) =>
      logger.debug({ reason: messageOf(error) }, 'refused publisher not dismissed'),
    );
  }

  /** Claims the stream before asking the user, who thus hears only of publishers with a place. */
  async #admit(hook: IncomingHook, publication: Publication): Promise<CallResult> {
    const { publishers } = this.#options;
    const begun = await publishers.begin(publication).catch(() => false);
    const truth = await this.#truth(hook);
    if (!begun) return this.#taken(publication, truth);
    await this.#keep(hook.body.ip, publication);
    const result = await this.#call(hook, truth);
    // A child that disconnected meanwhile has closed its publisher.
    const isIn = result.outcome === 'ok' && !hook.signal.aborted;
    // Not earlier: players of a refused publisher would wait in the child.
    if (isIn) publishers.admit(publication, truth.ip);
    else {
      publishers.end(publication);
      this.#unkeep(publication);
    }
    return result;
  }

  #taken({ stream, owner: { id: child } }: Publication, { ip: client }: HookTruth): CallResult {
    const { logger = silentLogger } = this.#options;
    const err = 'another child has the stream, or the registry does not answer';
    logRefusal(logger, 'publisher refused', { client, stream, child, err });
    return { outcome: 'refused', answer: TAKEN };
  }

  /**
   * Children listen on loopback, so a publisher past our ports has a 127/8 address that is not an
   * alias.
   */
  async #keep(ip: string, publication: Publication): Promise<void> {
    const { keep, clientOf } = this.#options;
    if (keep === undefined || !ip.startsWith('127.')) return;
    if ((await clientOf(ip).catch(() => null)) !== null) return;
    const leave = await keep(publication);
    this.#unkeep(publication);
    this.#keepers.set(keeperKey(publication), leave);
  }

  #unkeep(publication: Publication): void {
    const key = keeperKey(publication);
    this.#keepers.get(key)?.();
    this.#keepers.delete(key);
  }

  async #call(
    hook: IncomingHook,
    asked: HookTruth | Promise<HookTruth> = this.#truth(hook),
  ): Promise<CallResult> {
    const { body, userAgent, signal } = hook;
    const { action, vhost } = body;
    const urls = this.#options.urls.of(vhost, action);
    const isOurs = body.ip === this.#options.ownAddress;
    if (isOurs || urls.length === 0) return { outcome: 'ok', answer: YES };
    this.#note(hook);
    const truth = await asked;
    const text = rewriteHook(body, truth);
    const needed = wantsVerdict(action) ? [signal, this.#closing.signal] : [this.#closing.signal];
    const out = { action, body: text, urls, userAgent, signal: AbortSignal.any(needed) };
    return this.#caller.call({ ...out, about: aboutOf(body, truth) });
  }

  #note({ owner, body }: IncomingHook): void {
    const { id = body.client_id } = this.#held.knownAs(body) ?? {};
    this.#options.heard?.({ child: owner.id, id: body.client_id }, id);
  }

  async #truth({ owner, body }: IncomingHook): Promise<HookTruth> {
    const { clientOf } = this.#options;
    const known = this.#held.knownAs(body);
    const ids = { ...this.#ids(owner.id), token: this.bearers.of(body.param) };
    if (known !== null) return { ip: known.ip, ...ids, clientId: known.id };
    const ip = (await clientOf(body.ip).catch(() => null)) ?? body.ip;
    return { ip, ...ids };
  }

  #ids(child: string | null): Omit<HookTruth, 'ip'> {
    const { serverId, voice } = this.#options;
    return { serverId, serviceId: voice?.serviceId, child };
  }

  /** Calls the user's hooks in a child's place. */
  async #say(body: HookBody, userAgent: string): Promise<CallResult> {
    const { urls: all } = this.#options;
    const { action, vhost, ip } = body;
    const urls = all.of(vhost, action);
    if (urls.length === 0) return { outcome: 'ok', answer: YES };
    const count = this.#counting(action);
    const truth = { ip, ...this.#ids(null) };
    const text = rewriteHook(body, truth);
    const { signal } = this.#closing;
    const about = aboutOf(body, truth);
    const result = await this.#caller.call({ action, body: text, urls, userAgent, signal, about });
    count(result.outcome);
    return result;
  }

  #counting(action: HookAction): (outcome: HookOutcome) => void {
    const start = performance.now();
    return (outcome) => this.tallies.add(action, outcome, performance.now() - start);
  }

  #publication({ owner, body }: IncomingHook): Publication {
    const { app, stream = '', client_id: clientId, stream_id: streamId = '' } = body;
    const vhost = resolveVhost(body.vhost, this.#options.vhosts());
    return { stream: streamKey({ vhost, app, stream }), owner, clientId, streamId };
  }
}

/** Returns the fields of a call for the log. */
function aboutOf({ vhost, app, stream, client_id }: HookBody, truth: HookTruth): RefusalFields {
  const { ip: client, child, clientId: id = client_id } = truth;
  return { client, clientId: id, stream: stream && streamKey({ vhost, app, stream }), child };
}

function turnOf({ owner, body }: IncomingHook): string {
  return `${owner.id} ${owner.generation} ${body.client_id}`;
}

function keeperKey({ owner, stream }: Publication): string {
  return `${owner.id} ${owner.generation} ${stream}`;
}

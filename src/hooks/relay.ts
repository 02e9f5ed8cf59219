import { messageOf } from '../errors.js';
import type { HeldHooks } from '../listener/held-hooks.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { DEFAULT_VHOST, streamKey } from '../stream-key.js';
import { type HookAction, wantsVerdict } from './actions.js';
import { type HookBody, type HookTruth, rewriteHook } from './body.js';
import { type CallResult, HookCaller, YES } from './caller.js';
import { type HookCounters, type HookOutcome, HookTallies } from './counters.js';
import { HeldClients, type HookVoice } from './held-clients.js';
import { OrderedCalls } from './ordered-calls.js';
import type { Publication, Publishers } from './publishers.js';
import type { UserUrls } from './user-urls.js';
import type { HookAnswer } from './verdict.js';

export interface HookRelayOptions {
  readonly urls: UserUrls;
  readonly publishers: Publishers;
  /** The vhosts that children have. */
  readonly vhosts: readonly string[];
  /** The one that users get, whichever child calls. */
  readonly serverId: string;
  /** The true address of the client behind one of our own; null: the address is its own. */
  readonly clientOf: (alias: string) => Promise<string | null>;
  /** Ends what a publisher who is not let in has in its child already. */
  readonly dismiss?: (publication: Publication) => Promise<void>;
  /**
   * For a publisher that came to its child past our ports, so that nothing keeps the stream's source
   * while its hook is asked. Resolves when something does, with what ends that.
   */
  readonly keep?: (publication: Publication) => Promise<() => void>;
  /** Where clients of our own come from: the user never hears of them. */
  readonly ownAddress: string;
  /** Told of each client that the user is told of, and by which id: it can be looked up at once. */
  readonly heard?: (client: ChildClient, publicId: string) => void;
  /** How we speak in SRS's place, for players that wait here; default: nobody does. */
  readonly voice?: HookVoice;
  readonly timeoutMs: number;
  readonly logger?: Logger;
}

/** A client as its child knows it. */
interface ChildClient {
  readonly child: string;
  readonly id: string;
}

/** A child's call, as its connection brought it. */
export interface IncomingHook {
  readonly owner: OwnerRef;
  readonly body: HookBody;
  readonly userAgent: string;
  /** Aborts when the child has hung up. */
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

/** Passes children's hooks on to the user's URLs, and tells the registry what they publish. */
export class HookRelay {
  readonly #options: HookRelayOptions;
  readonly #caller: HookCaller;
  readonly #tallies = new HookTallies();
  readonly #closing = new AbortController();
  /** Of one client of one child: users hear of it in the order in which the child spoke. */
  readonly #turns = new OrderedCalls();
  /** By child and stream, what sends away who keeps the source: one, however many publishers try. */
  readonly #keepers = new Map<string, () => void>();
  readonly #held: HeldClients;

  constructor(options: HookRelayOptions) {
    this.#options = options;
    this.#caller = new HookCaller(options.timeoutMs, options.logger ?? silentLogger);
    const voice = options.voice ?? { serviceId: '', userAgent: '', newId: () => '' };
    this.#held = new HeldClients(voice, (body, userAgent) => this.#say(body, userAgent));
  }

  /** For players that wait here. */
  get held(): HeldHooks {
    return this.#held;
  }

  /** The answer for the child. A notice is answered before the user has it. Never rejects. */
  async handle(hook: IncomingHook): Promise<HookAnswer> {
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
    // The address now: when its turn comes, another client may have the alias.
    const truth = this.#truth(hook);
    const tell = async () => count((await this.#call(hook, truth)).outcome);
    if (!this.#turns.add(turnOf(hook), tell)) count('dropped');
    return YES;
  }

  /** Passes an `on_hls_notify` of a child on. */
  notify(origin: string, path: string, userAgent: string): Promise<void> {
    return this.#caller.notify(origin, path, userAgent);
  }

  /** Its clients, and who kept their sources, are gone. */
  childDown({ id, generation }: OwnerRef): void {
    for (const key of this.#keepers.keys()) {
      if (key.startsWith(`${id} ${generation} `)) this.#keepers.delete(key);
    }
  }

  /** What became of the calls, by action. */
  counters(): Partial<Record<HookAction, HookCounters>> {
    return this.#tallies.read();
  }

  /** Gives up what is still waiting for an answer. */
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

  /** Claims first, so that users hear of no publisher who has no place. */
  async #admit(hook: IncomingHook, publication: Publication): Promise<CallResult> {
    const { publishers } = this.#options;
    const begun = await publishers.begin(publication).catch(() => false);
    if (!begun) return { outcome: 'refused', answer: TAKEN };
    await this.#keep(hook.body.ip, publication);
    const result = await this.#call(hook);
    // A child that has hung up meanwhile has turned its publisher away.
    const isIn = result.outcome === 'ok' && !hook.signal.aborted;
    // Not before: players who came for a publisher that is refused would wait in the child.
    if (isIn) publishers.admit(publication);
    else {
      publishers.end(publication);
      this.#unkeep(publication);
    }
    return result;
  }

  /** Children listen on loopback: who comes past our ports has an address there that is no alias of ours. */
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

  async #call(hook: IncomingHook, truth = this.#truth(hook)): Promise<CallResult> {
    const { body, userAgent, signal } = hook;
    const { action, vhost } = body;
    const urls = this.#options.urls.of(vhost, action);
    const isOurs = body.ip === this.#options.ownAddress;
    if (isOurs || urls.length === 0) return { outcome: 'ok', answer: YES };
    this.#note(hook);
    const text = rewriteHook(body, await truth);
    const needed = wantsVerdict(action) ? [signal, this.#closing.signal] : [this.#closing.signal];
    const out = { action, body: text, urls, userAgent, signal: AbortSignal.any(needed) };
    return this.#caller.call(out);
  }

  #note({ owner, body }: IncomingHook): void {
    const { id = body.client_id } = this.#held.knownAs(body) ?? {};
    this.#options.heard?.({ child: owner.id, id: body.client_id }, id);
  }

  async #truth({ owner, body }: IncomingHook): Promise<HookTruth> {
    const { serverId, clientOf } = this.#options;
    const known = this.#held.knownAs(body);
    if (known !== null) return { ip: known.ip, serverId, child: owner.id, clientId: known.id };
    const ip = (await clientOf(body.ip).catch(() => null)) ?? body.ip;
    return { ip, serverId, child: owner.id };
  }

  /** Says ourselves what a child would say of a client. */
  async #say(body: HookBody, userAgent: string): Promise<CallResult> {
    const { urls: all, serverId } = this.#options;
    const { action, vhost, ip } = body;
    const urls = all.of(vhost, action);
    if (urls.length === 0) return { outcome: 'ok', answer: YES };
    const count = this.#counting(action);
    const text = rewriteHook(body, { ip, serverId, child: null });
    const { signal } = this.#closing;
    const result = await this.#caller.call({ action, body: text, urls, userAgent, signal });
    count(result.outcome);
    return result;
  }

  #counting(action: HookAction): (outcome: HookOutcome) => void {
    const start = performance.now();
    return (outcome) => this.#tallies.add(action, outcome, performance.now() - start);
  }

  #publication({ owner, body }: IncomingHook): Publication {
    const { vhost: name, app, stream = '', client_id: clientId, stream_id: streamId = '' } = body;
    const vhost = this.#options.vhosts.includes(name) ? name : DEFAULT_VHOST;
    return { stream: streamKey({ vhost, app, stream }), owner, clientId, streamId };
  }
}

function turnOf({ owner, body }: IncomingHook): string {
  return `${owner.id} ${owner.generation} ${body.client_id}`;
}

function keeperKey({ owner, stream }: Publication): string {
  return `${owner.id} ${owner.generation} ${stream}`;
}

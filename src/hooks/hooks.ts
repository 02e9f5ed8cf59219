/**
 * The room `hooks/`: takes the children's hooks, tells placement, and calls the user's URLs.
 * May import: child, child-access, collections, config, listener, logging, protocol, system.
 */

import type { Fleet } from '../child/fleet.js';
import type { HooksPlan } from '../child/hooks-conf.js';
import type { Template } from '../child/template.js';
import type { ChildStatus } from '../child/types.js';
import type { Config } from '../config/config.js';
import { messageOf } from '../errors.js';
import type { HeldHooks, WaitingPlayer } from '../listener/held-hooks.js';
import { KEEPER_ADDRESS, keepSource } from '../listener/source-keeper.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';
import { randomSigns } from '../system/random-signs.js';
import { SERVICE_ID } from '../system/service-id.js';
import type { HookTallies } from './counters.js';
import type { KeptHooks } from './kept.js';
import { type ApiPlace, OwnerApi } from './owner-api.js';
import { type Claims, type Publication, Publishers } from './publishers.js';
import { HookRelay, type HookRelayOptions } from './relay.js';
import { HookServer } from './server.js';
import { type ActionUrls, actionsOf, UserUrls } from './user-urls.js';

export interface HooksOptions extends Pick<HookRelayOptions, 'vhosts' | 'serverId' | 'clientOf'> {
  readonly config: Config['hooks'];
  readonly template: Pick<Template, 'vhosts' | 'authorization'>;
  /** Version of SRS in the User-Agent of calls in SRS's place. */
  readonly srsVersion: string;
  readonly fleet: Pick<Fleet, 'status'>;
  /** Receives the children's reports of published streams. */
  readonly claims: Claims;
  /** Asks a child which streams are published in it. Rejects if it does not answer. */
  readonly liveStreams: (
    child: ApiPlace & { readonly host: string },
  ) => Promise<ReadonlySet<StreamKey>>;
  /** Called for each client reported to a user's URL, with the id reported. */
  readonly heard: NonNullable<HookRelayOptions['heard']>;
  /** See `HookRelayOptions`. */
  readonly stirred: HookRelayOptions['stirred'];
  /** State that the program before has left; default: there was none. */
  readonly kept?: KeptHooks | null;
  /** Children and streams are known from then on; default: at once. */
  readonly known?: Promise<void> | undefined;
  readonly logger: Logger;
}

/** The children's hooks: reports of streams go to placement, all calls to the user's URLs. */
export class Hooks {
  readonly #options: HooksOptions;
  readonly #publishers: Publishers;
  readonly #owners: OwnerApi;
  readonly #relay: HookRelay;
  readonly #server: HookServer;
  readonly #urls: UserUrls;
  #config: Config['hooks'];

  constructor(options: HooksOptions) {
    this.#options = options;
    const { claims, logger, config, template } = options;
    this.#config = config;
    this.#urls = new UserUrls(template.vhosts, urlsIn(config));
    const owners = new OwnerApi((owner) => this.#placeOf(owner));
    this.#owners = owners;
    this.#publishers = new Publishers({ claims, isLive: (one) => owners.isLive(one), logger });
    this.#relay = this.#makeRelay((publication) => owners.dismiss(publication));
    const { secret, publishers } = options.kept ?? {};
    this.#publishers.adopt(publishers ?? []);
    const owner = (id: string) => this.#lifeOf(id);
    this.#server = new HookServer({ relay: this.#relay, owner, secret, known: options.known });
  }

  /** Resolves when children can call, before the first one starts. */
  start(): Promise<void> {
    return this.#server.start();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** Returns what outlives the program. */
  give(): KeptHooks {
    return { secret: this.#server.secret, publishers: this.#publishers.give() };
  }

  /** Hooks of players that wait here without a child. */
  get held(): HeldHooks {
    return this.#relay.held;
  }

  /** Returns the players that wait here: the same array while nothing changes. */
  waiting(): readonly WaitingPlayer[] {
    return this.#relay.held.list();
  }

  /** Notes the bearer token of a WHIP or WHEP client for its hooks, whose `param` has the key. */
  noteBearer(key: string, token: string): void {
    this.#relay.bearers.note(key, token);
  }

  /** Returns the hook settings of a child's config. Call it after start(). */
  planFor(childId: string): HooksPlan {
    const { serverId } = this.#options;
    const actions = actionsOf(urlsIn(this.#config));
    return { url: this.#server.urlFor(childId), actions, serverId };
  }

  /** Calls other URLs from now on. Children know new actions by their next config. */
  renew(config: Config['hooks']): void {
    this.#config = config;
    this.#urls.renew(urlsIn(config));
  }

  childDown(ref: OwnerRef): void {
    this.#publishers.childDown(ref);
    this.#relay.childDown(ref);
  }

  /** Returns the counters by action; actions never called are omitted. */
  counters(): ReturnType<HookTallies['read']> {
    return this.#relay.tallies.read();
  }

  /** Returns the durations of calls by action, in seconds. */
  durations(): ReturnType<HookTallies['durations']> {
    return this.#relay.tallies.durations();
  }

  /** Has the child end the publishers of a stream, or only WebRTC's sessions. Never rejects. */
  async endPublishers(stream: StreamKey, which: 'sessions' | 'all'): Promise<void> {
    const kicking = this.#publishers.of(stream).map(async (publication) => {
      const ending =
        which === 'all' ? this.#owners.kick(publication) : this.#owners.dismiss(publication);
      await ending.catch((error: unknown) => {
        const about = { stream, child: publication.owner.id, reason: messageOf(error) };
        this.#options.logger.debug(about, 'publisher not ended by its child');
      });
    });
    await Promise.all(kicking);
  }

  /** Asks every child which streams are published in it. Never rejects. */
  recheck(): Promise<void> {
    return this.#publishers.recheck(async (owner) => {
      const place = this.#placeOf(owner);
      if (place === null) return new Set();
      return this.#options.liveStreams({ host: '127.0.0.1', ...place });
    });
  }

  #makeRelay(dismiss: (publication: Publication) => Promise<void>): HookRelay {
    const { vhosts, serverId, srsVersion } = this.#options;
    const { clientOf, heard, stirred, logger } = this.#options;
    return new HookRelay({
      urls: this.#urls,
      publishers: this.#publishers,
      vhosts,
      serverId,
      clientOf,
      dismiss,
      keep: (publication) => this.#keep(publication),
      ownAddress: KEEPER_ADDRESS,
      heard,
      stirred,
      voice: {
        serviceId: SERVICE_ID,
        userAgent: `SRS/${srsVersion}(Hang)`,
        newId: () => randomSigns(8),
      },
      timeoutMs: () => 1000 * this.#config.timeoutSeconds,
      logger,
    });
  }

  async #keep({ owner, stream }: Publication): Promise<() => void> {
    const child = this.#living(owner);
    if (child === null) return () => {};
    return keepSource(stream, { host: '127.0.0.1', ports: child.ports });
  }

  #placeOf(owner: OwnerRef): ApiPlace | null {
    const { authorization } = this.#options.template;
    const child = this.#living(owner);
    return child && { port: child.ports.api, authorization };
  }

  /** Returns a child's status, or null if that generation has ended. */
  #living({ id, generation }: OwnerRef): ChildStatus | null {
    const child = this.#options.fleet.status(id);
    return child?.generation === generation ? child : null;
  }

  #lifeOf(childId: string): OwnerRef | null {
    const child = this.#options.fleet.status(childId);
    return child && { id: child.id, generation: child.generation };
  }
}

function urlsIn({ timeoutSeconds: _, ...urls }: Config['hooks']): ActionUrls {
  return urls;
}

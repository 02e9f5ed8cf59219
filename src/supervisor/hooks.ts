import type { Prepared } from '../check/prepared.js';
import type { Fleet } from '../child/fleet.js';
import type { HooksPlan } from '../child/hooks-conf.js';
import { apiAuthorization } from '../child/template.js';
import { type Claims, type Publication, Publishers } from '../hooks/publishers.js';
import { HookRelay } from '../hooks/relay.js';
import { HookServer } from '../hooks/server.js';
import { actionsOf, UserUrls } from '../hooks/user-urls.js';
import type { HeldHooks } from '../listener/held-hooks.js';
import { KEEPER_ADDRESS, keepSource } from '../listener/source-keeper.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { liveStreams } from '../unmanaged/live-streams.js';
import { randomSigns } from './identity.js';
import type { Listeners } from './listeners.js';

export interface HooksParts {
  readonly prepared: Prepared;
  readonly serverId: string;
  readonly fleet: Fleet;
  /** Told what the children publish. */
  readonly claims: Claims;
  readonly listeners: Listeners;
  /** Told of each client that a user's URL is told of, and by which id. */
  readonly heard: (
    client: { readonly child: string; readonly id: string },
    publicId: string,
  ) => void;
  readonly logger: Logger;
}

/** A child that does not answer its API by then is about to be replaced. */
const ASK_MS = 2000;

/** The children's hooks: what they say of streams goes to placement, the rest to the user's URLs. */
export class HooksRoom {
  readonly #parts: HooksParts;
  readonly #publishers: Publishers;
  readonly #relay: HookRelay;
  readonly #server: HookServer;

  constructor(parts: HooksParts) {
    this.#parts = parts;
    const { prepared, serverId, fleet, claims, listeners, heard, logger } = parts;
    const { timeoutSeconds, ...urls } = prepared.config.hooks;
    const isLive = (publication: Publication) => this.#isLive(publication);
    this.#publishers = new Publishers({ claims, isLive, logger });
    this.#relay = new HookRelay({
      urls: new UserUrls(prepared.template ?? [], urls),
      publishers: this.#publishers,
      vhosts: prepared.vhosts,
      serverId,
      clientOf: (alias) => listeners.addressOf(alias),
      dismiss: (publication) => this.#dismiss(publication),
      keep: (publication) => this.#keep(publication),
      ownAddress: KEEPER_ADDRESS,
      heard,
      voice: {
        serviceId: randomSigns(8),
        userAgent: `SRS/${prepared.binary.version}(Hang)`,
        newId: () => randomSigns(8),
      },
      timeoutMs: timeoutSeconds * 1000,
      logger,
    });
    this.#server = new HookServer({ relay: this.#relay, owner: (id) => lifeOf(fleet, id) });
  }

  /** Resolves when children can call: before the first of them starts. */
  start(): Promise<void> {
    return this.#server.start();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** For players that wait here and not in a child. */
  get held(): HeldHooks {
    return this.#relay.held;
  }

  planFor(childId: string): HooksPlan {
    const { prepared, serverId } = this.#parts;
    const { timeoutSeconds: _, ...urls } = prepared.config.hooks;
    return { url: this.#server.urlFor(childId), actions: actionsOf(urls), serverId };
  }

  childDown(ref: OwnerRef): void {
    this.#publishers.childDown(ref);
    this.#relay.childDown(ref);
  }

  /** By action, as far as it was called. */
  counters(): ReturnType<HookRelay['counters']> {
    return this.#relay.counters();
  }

  /** Asks every child what is published in it. Never rejects. */
  recheck(): Promise<void> {
    const { fleet, prepared } = this.#parts;
    const authorization = apiAuthorization(prepared.template ?? []);
    return this.#publishers.recheck(async ({ id, generation }) => {
      const child = fleet.status(id);
      if (child?.generation !== generation) return new Set();
      return liveStreams({ host: '127.0.0.1', port: child.ports.api, authorization });
    });
  }

  async #isLive({ owner, streamId }: Publication): Promise<boolean> {
    if (streamId === '') return false;
    const answer = await this.#ask(owner, 'GET', `streams/${encodeURIComponent(streamId)}`);
    const { stream } = (answer ?? {}) as { stream?: { publish?: { active?: boolean } } };
    return stream?.publish?.active === true;
  }

  /**
   * SRS (7.0) opens a WebRTC publisher's session before it asks its hook. After a no it keeps that for half
   * a minute, in which nobody else can publish the stream.
   */
  async #dismiss({ owner, clientId }: Publication): Promise<void> {
    const path = `clients/${encodeURIComponent(clientId)}`;
    const answer = await this.#ask(owner, 'GET', path);
    const { client } = (answer ?? {}) as { client?: { type?: string } };
    if (client?.type === 'rtc-publish') await this.#ask(owner, 'DELETE', path);
  }

  async #keep({ owner, stream }: Publication): Promise<() => void> {
    const child = this.#parts.fleet.status(owner.id);
    if (child?.generation !== owner.generation) return () => {};
    return keepSource(stream, { host: '127.0.0.1', ports: child.ports });
  }

  /** Null where that life of the child is over. */
  async #ask(owner: OwnerRef, method: 'GET' | 'DELETE', path: string): Promise<unknown> {
    const { fleet, prepared } = this.#parts;
    const child = fleet.status(owner.id);
    if (child?.generation !== owner.generation) return null;
    const authorization = apiAuthorization(prepared.template ?? []);
    const answer = await fetch(`http://127.0.0.1:${child.ports.api}/api/v1/${path}`, {
      method,
      headers: authorization === null ? {} : { authorization },
      signal: AbortSignal.timeout(ASK_MS),
    }).catch((error: unknown) => {
      // fetch itself says only that it failed.
      throw (error as Error).cause ?? error;
    });
    return answer.json();
  }
}

function lifeOf(fleet: Fleet, childId: string): OwnerRef | null {
  const child = fleet.status(childId);
  return child && { id: child.id, generation: child.generation };
}

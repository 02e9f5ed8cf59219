import { Recent } from '../collections/recent.js';
import type {
  HeldClientRef,
  HeldElsewhere,
  HeldHooks,
  HookClient,
  MovingClient,
  WaitingPlayer,
} from '../listener/held-hooks.js';
import { nameOf } from '../stream-key.js';
import type { HookAction } from './actions.js';
import type { HookBody } from './body.js';
import type { CallResult } from './caller.js';
import { HeldClient, type HeldLinks } from './held-client.js';
import type { UserUrls } from './user-urls.js';

/** Identity with which we call hooks in SRS's place. */
export interface HookVoice {
  /** `service_id` of the calls. */
  readonly serviceId: string;
  readonly userAgent: string;
  /** Makes a client id in SRS's format. */
  readonly newId: () => string;
}

type Say = (body: HookBody, userAgent: string) => Promise<CallResult>;

/** Clients that users' hooks heard of before any child did, by alias or by client id. */
export class HeldClients implements HeldHooks {
  readonly #voice: HookVoice;
  readonly #urls: Pick<UserUrls, 'of'>;
  readonly #say: Say;
  readonly #here = new Map<string, HeldClient>();
  readonly #left = new Recent<HeldClient>();
  /** Waiting clients by id, with functions that close them. */
  readonly #waiting = new Map<string, { readonly client: HeldClient; readonly end: () => void }>();
  /** Null: it has changed since it was made. */
  #list: readonly WaitingPlayer[] | null = null;

  constructor(voice: HookVoice, urls: Pick<UserUrls, 'of'>, say: Say) {
    this.#voice = voice;
    this.#urls = urls;
    this.#say = say;
  }

  hears(vhost: string, action: HookAction): boolean {
    return this.#urls.of(vhost, action).length > 0;
  }

  open({ type, ip, end }: HeldClientRef): HookClient {
    const client = new HeldClient({ id: null, type, ip }, this.#links());
    client.waits(end);
    return client;
  }

  /** Returns the players that wait: the same array while nothing changes. */
  list(): readonly WaitingPlayer[] {
    this.#list ??= Array.from(this.#waiting.values(), ({ client }) => client.waiting).filter(
      (player) => player !== null,
    );
    return this.#list;
  }

  end(id: string): boolean {
    const waiting = this.#waiting.get(id);
    waiting?.end();
    return waiting !== undefined;
  }

  /** Makes a client that another box has asked hooks about. */
  adopt({ id, ip, stream }: HeldElsewhere): HookClient {
    const client = new HeldClient({ id, type: 'rtmp-play', ip }, this.#links());
    client.isLetIn(nameOf(stream));
    client.goesBy(id);
    return client;
  }

  follow({ ip, alias }: MovingClient): HookClient {
    const client = new HeldClient({ id: null, type: 'rtmp-play', ip }, this.#links());
    client.served();
    client.goesBy(alias);
    client.moves();
    return client;
  }

  /** Reports whether the user has already heard what a child reports of its client. */
  hasHeard(body: HookBody): boolean {
    return this.#find(body)?.hasTold(body) ?? false;
  }

  /** Returns the id and address by which the user knows a child's client; null: the child's own. */
  knownAs(body: HookBody): { readonly id: string; readonly ip: string } | null {
    const client = this.#find(body);
    return client && { id: client.id ?? body.client_id, ip: client.ip };
  }

  #links(): HeldLinks {
    return {
      say: (body) => this.#say(body, this.#voice.userAgent),
      serviceId: this.#voice.serviceId,
      waits: (client, end) => {
        const id = client.id ?? this.#voice.newId();
        this.#waiting.set(id, { client, end });
        return id;
      },
      goesBy: (name, client) => void this.#here.set(name, client),
      changed: () => {
        this.#list = null;
      },
      waitsNoMore: (id) => {
        this.#waiting.delete(id);
        this.#list = null;
      },
      leaves: (name) => this.#leave(name),
    };
  }

  /** A child knows an HLS viewer by the id of its session, and not by an alias. */
  #find({ ip, client_id: id }: HookBody): HeldClient | null {
    return this.#named(ip) ?? this.#named(id);
  }

  #named(name: string): HeldClient | null {
    const here = this.#here.get(name);
    if (here !== undefined) return here;
    const left = this.#left.get(name);
    // Later the alias belongs to another client.
    return left !== undefined && performance.now() < left.knownUntil ? left : null;
  }

  #leave(name: string): void {
    const client = this.#here.get(name);
    if (client === undefined) return;
    this.#here.delete(name);
    this.#left.add(name, client);
  }
}

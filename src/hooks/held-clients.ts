import { Recent } from '../collections/recent.js';
import type {
  HeldClientRef,
  HeldElsewhere,
  HeldHooks,
  HeldRequest,
  HeldTraffic,
  HookClient,
} from '../listener/held-hooks.js';
import { streamId, vhostId } from '../public-ids.js';
import { nameOf, type StreamName, streamUrl } from '../stream-key.js';
import type { HookAction } from './actions.js';
import type { HookBody } from './body.js';
import type { CallResult } from './caller.js';
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

type Fields = Readonly<Record<string, string | number>>;

/** Milliseconds for which a child may still report the end of a client. */
const FAREWELL_MS = 60_000;

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
    const client = new HeldClient({ id: this.#voice.newId(), type, ip }, this.#links());
    this.#waiting.set(client.id, { client, end });
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

  /** Reports whether the user has already heard what a child reports of its client. */
  hasHeard(body: HookBody): boolean {
    return this.#find(body)?.hasTold(body) ?? false;
  }

  /** Returns the id and address by which the user knows a child's client; null: the child's own. */
  knownAs(body: HookBody): { readonly id: string; readonly ip: string } | null {
    return this.#find(body);
  }

  #links(): HeldLinks {
    return {
      say: (body) => this.#say(body, this.#voice.userAgent),
      serviceId: this.#voice.serviceId,
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

/** A player that waits, for lists of clients. */
export interface WaitingPlayer extends Omit<HeldClientRef, 'end'> {
  readonly id: string;
  readonly name: StreamName;
  /** SRS's URL of the stream, and the ids that users see. */
  readonly url: string;
  readonly streamId: string;
  readonly vhostId: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

interface HeldLinks {
  readonly say: (body: HookBody) => Promise<CallResult>;
  readonly serviceId: string;
  readonly goesBy: (name: string, client: HeldClient) => void;
  /** Called when it begins or ends to wait for a stream. */
  readonly changed: () => void;
  readonly waitsNoMore: (id: string) => void;
  readonly leaves: (name: string) => void;
}

/**
 * One waiting client towards the user's hooks: calls in SRS's order, with one id as long as the
 * client is connected, whatever id its child gives it.
 */
class HeldClient implements HookClient {
  readonly id: string;
  /** On performance.now()'s clock. */
  knownUntil = Number.POSITIVE_INFINITY;
  readonly ip: string;
  readonly #type: WaitingPlayer['type'];
  readonly #links: HeldLinks;
  /** Null: it waits for no stream. */
  waiting: WaitingPlayer | null = null;
  /** Aliases and ids by which children report it. */
  readonly #names = new Set<string>();
  /** `on_connect` was called, so `on_close` must follow. */
  #hasConnected = false;
  #request: HeldRequest | null = null;
  /** The hooks have accepted it as a player. */
  #plays = false;
  /** Calls that its child will repeat. */
  readonly #asked = new Set<HookAction>();
  #isServed = false;
  /** The last call: calls are made one after the other. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor({ id, type, ip }: Pick<WaitingPlayer, 'id' | 'type' | 'ip'>, links: HeldLinks) {
    this.id = id;
    this.ip = ip;
    this.#type = type;
    this.#links = links;
  }

  /** Marks the client as accepted by another box's hooks; a child of ours will report its end. */
  isLetIn(name: StreamName): void {
    this.#request = { name, tcUrl: '', param: '', pageUrl: '' };
    this.#asked.add('on_connect').add('on_play');
    this.served();
  }

  connect(request: HeldRequest): Promise<boolean> {
    this.#request = request;
    this.#hasConnected = true;
    const { name, param, tcUrl, pageUrl } = request;
    return this.#ask('on_connect', { stream: name.stream, param, tcUrl, pageUrl });
  }

  play(request: HeldRequest): Promise<boolean> {
    this.#request = request;
    const { name, file: stream = name.stream, param, tcUrl, pageUrl } = request;
    const about = { stream, tcUrl, param, pageUrl };
    const fields = streamFields(name);
    this.#waits({
      ...{ id: this.id, type: this.#type, ip: this.ip, name, tcUrl, pageUrl, since: Date.now() },
      ...{ url: fields.stream_url, streamId: fields.stream_id, vhostId: vhostId(name.vhost) },
    });
    return this.#ask('on_play', { ...about, ...fields });
  }

  stop(): void {
    this.#waits(null);
    void this.#next(() => this.#stop());
  }

  goesBy(name: string): void {
    this.#names.add(name);
    this.#links.goesBy(name, this);
  }

  served(): void {
    this.#isServed = true;
    this.#links.waitsNoMore(this.id);
  }

  leave({ sent, received }: HeldTraffic): void {
    this.#links.waitsNoMore(this.id);
    for (const name of this.#names) this.#links.leaves(name);
    this.knownUntil = performance.now() + FAREWELL_MS;
    if (this.#isServed) return;
    this.stop();
    if (!this.#hasConnected) return;
    void this.#next(() => this.#tell('on_close', { send_bytes: sent, recv_bytes: received }));
  }

  /** Reports whether this call was made already in the child's place. */
  hasTold({ action, stream }: HookBody): boolean {
    const isOver = this.knownUntil < Number.POSITIVE_INFINITY;
    if (action === 'on_stop' || action === 'on_close') return isOver && !this.#isServed;
    const { stream: own } = this.#request?.name ?? {};
    // A child reports the file of an HLS viewer.
    const isOwn = stream === own || stream === `${own}.m3u8`;
    return isOwn && this.#asked.delete(action);
  }

  #waits(player: WaitingPlayer | null): void {
    this.waiting = player;
    this.#links.changed();
  }

  #ask(action: HookAction, fields: Fields): Promise<boolean> {
    return this.#next(async () => {
      const { outcome } = await this.#tell(action, fields);
      if (outcome !== 'ok') return false;
      this.#asked.add(action);
      if (action === 'on_play') this.#plays = true;
      return true;
    });
  }

  async #stop(): Promise<void> {
    if (!this.#plays || this.#request === null) return;
    this.#plays = false;
    this.#asked.clear();
    const { name, file: stream = name.stream, tcUrl, param } = this.#request;
    await this.#tell('on_stop', { tcUrl, stream, param, ...streamFields(name) });
  }

  /** Runs the work after all earlier work. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }

  #tell(action: HookAction, fields: Fields): Promise<CallResult> {
    const { serviceId, say } = this.#links;
    const { vhost = '', app = '' } = this.#request?.name ?? {};
    const ids = { server_id: '', service_id: serviceId, action, client_id: this.id };
    return say({ ...ids, ip: this.ip, vhost, app, ...fields });
  }
}

function streamFields(name: StreamName) {
  const url = streamUrl(name);
  return { stream_url: url, stream_id: streamId(url) };
}

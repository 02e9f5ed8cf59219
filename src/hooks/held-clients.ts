import { Recent } from '../collections/recent.js';
import type {
  HeldClientRef,
  HeldElsewhere,
  HeldHooks,
  HeldRequest,
  HeldTraffic,
  HookClient,
  MovingClient,
} from '../listener/held-hooks.js';
import { streamId } from '../public-ids.js';
import { nameOf, type StreamName, streamUrl } from '../stream-key.js';
import { type HookAction, wantsVerdict } from './actions.js';
import type { HookBody } from './body.js';
import type { CallResult } from './caller.js';

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

/** Clients that users' hooks heard of before any child did, by alias. */
export class HeldClients implements HeldHooks {
  readonly #voice: HookVoice;
  readonly #say: Say;
  readonly #here = new Map<string, HeldClient>();
  readonly #left = new Recent<HeldClient>();
  /** Functions that close waiting clients, by client id. */
  readonly #waiting = new Map<string, () => void>();

  constructor(voice: HookVoice, say: Say) {
    this.#voice = voice;
    this.#say = say;
  }

  open({ ip, end }: HeldClientRef): HookClient {
    const client = new HeldClient({ id: null, ip }, this.#links());
    client.waits(end);
    return client;
  }

  end(id: string): boolean {
    const end = this.#waiting.get(id);
    end?.();
    return end !== undefined;
  }

  /** Makes a client that another box has asked hooks about. */
  adopt({ id, ip, stream }: HeldElsewhere): HookClient {
    const client = new HeldClient({ id, ip }, this.#links());
    client.isLetIn(nameOf(stream));
    return client;
  }

  follow({ ip, alias }: MovingClient): HookClient {
    const client = new HeldClient({ id: null, ip }, this.#links());
    client.served();
    client.goesBy(alias);
    client.moves();
    return client;
  }

  /** Reports whether the user has already heard what a child reports of its client. */
  hasHeard(body: HookBody): boolean {
    return this.#find(body.ip)?.hasTold(body) ?? false;
  }

  /** Returns the id and address by which the user knows a child's client; null: the child's own. */
  knownAs(body: HookBody): { readonly id: string; readonly ip: string } | null {
    const client = this.#find(body.ip);
    return client && { id: client.id ?? body.client_id, ip: client.ip };
  }

  #links(): HeldLinks {
    return {
      say: (body) => this.#say(body, this.#voice.userAgent),
      serviceId: this.#voice.serviceId,
      waits: (known, end) => {
        const id = known ?? this.#voice.newId();
        this.#waiting.set(id, end);
        return id;
      },
      goesBy: (alias, client) => void this.#here.set(alias, client),
      waitsNoMore: (id) => void this.#waiting.delete(id),
      leaves: (alias) => this.#leave(alias),
    };
  }

  #find(alias: string): HeldClient | null {
    const here = this.#here.get(alias);
    if (here !== undefined) return here;
    const left = this.#left.get(alias);
    // Later the alias belongs to another client.
    return left !== undefined && performance.now() < left.knownUntil ? left : null;
  }

  #leave(alias: string): void {
    const client = this.#here.get(alias);
    if (client === undefined) return;
    this.#here.delete(alias);
    this.#left.add(alias, client);
  }
}

interface HeldLinks {
  readonly say: (body: HookBody) => Promise<CallResult>;
  readonly serviceId: string;
  /** Notes a client that waits, and how to end it; answers its id, a new one for null. */
  readonly waits: (id: string | null, end: () => void) => string;
  readonly goesBy: (alias: string, client: HeldClient) => void;
  readonly waitsNoMore: (id: string) => void;
  readonly leaves: (alias: string) => void;
}

/**
 * One waiting client towards the user's hooks: calls in SRS's order, with one id as long as the
 * client is connected, whatever id its child gives it.
 */
class HeldClient implements HookClient {
  /** Null: its child's, which has not told it yet. */
  id: string | null;
  /** On performance.now()'s clock. */
  knownUntil = Number.POSITIVE_INFINITY;
  readonly ip: string;
  readonly #links: HeldLinks;
  #alias: string | null = null;
  /** `on_connect` was called, so `on_close` must follow. */
  #hasConnected = false;
  #request: HeldRequest | null = null;
  /** The hooks have accepted it as a player. */
  #plays = false;
  /** Calls that its child will repeat. */
  readonly #asked = new Set<HookAction>();
  #isServed = false;
  /** It has left a child that has not reported that yet. */
  #isMoving = false;
  /** The last call: calls are made one after the other. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor({ id, ip }: { id: string | null; ip: string }, links: HeldLinks) {
    this.id = id;
    this.ip = ip;
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
    const { name, param, tcUrl, pageUrl } = request;
    const about = { stream: name.stream, tcUrl, param, pageUrl };
    return this.#ask('on_play', { ...about, ...streamFields(name) });
  }

  stop(): void {
    void this.#next(() => this.#stop());
  }

  goesBy(alias: string): void {
    this.#alias = alias;
    this.#links.goesBy(alias, this);
  }

  served(): void {
    this.#isServed = true;
    if (this.id !== null) this.#links.waitsNoMore(this.id);
  }

  moves(): void {
    this.#isMoving = true;
  }

  waits(end: () => void): void {
    this.id = this.#links.waits(this.id, end);
    this.#isServed = false;
  }

  leave({ sent, received }: HeldTraffic): void {
    if (this.id !== null) this.#links.waitsNoMore(this.id);
    if (this.#alias !== null) this.#links.leaves(this.#alias);
    this.knownUntil = performance.now() + FAREWELL_MS;
    if (this.#isServed) return;
    this.stop();
    if (!this.#hasConnected) return;
    void this.#next(() => this.#tell('on_close', { send_bytes: sent, recv_bytes: received }));
  }

  /** Reports whether this call was made already in the child's place. */
  hasTold({ action, stream, client_id: id }: HookBody): boolean {
    if (this.#isMoving && this.#isLeft(action, id)) return true;
    const isOver = this.knownUntil < Number.POSITIVE_INFINITY;
    if (action === 'on_stop' || action === 'on_close') return isOver && !this.#isServed;
    return stream === this.#request?.name.stream && this.#asked.delete(action);
  }

  /** Reports whether the child that the client has left reports its end. */
  #isLeft(action: HookAction, id: string): boolean {
    this.id ??= id;
    const isEnd = action === 'on_close';
    // The next child's: the first one has died without a word.
    if (isEnd || wantsVerdict(action)) this.#isMoving = false;
    return isEnd;
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
    const { name, tcUrl, param } = this.#request;
    await this.#tell('on_stop', { tcUrl, stream: name.stream, param, ...streamFields(name) });
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
    const ids = { server_id: '', service_id: serviceId, action, client_id: this.id ?? '' };
    return say({ ...ids, ip: this.ip, vhost, app, ...fields });
  }
}

function streamFields(name: StreamName): Fields {
  const url = streamUrl(name);
  return { stream_url: url, stream_id: streamId(url) };
}

import type {
  Carrier,
  HeldRequest,
  HeldTraffic,
  HookClient,
  WaitingPlayer,
} from '../listener/held-hooks.js';
import { streamId, vhostId } from '../public-ids.js';
import { type StreamName, streamUrl } from '../stream-key.js';
import { type HookAction, wantsVerdict } from './actions.js';
import type { HookBody } from './body.js';
import type { CallResult } from './caller.js';

type Fields = Readonly<Record<string, string | number>>;

/** Milliseconds for which a child may still report the end of a client. */
const FAREWELL_MS = 60_000;

interface HeldClientStart extends Pick<WaitingPlayer, 'type' | 'ip'> {
  /** Null: it gets one when it waits, or its child tells it. */
  readonly id: string | null;
}

export interface HeldLinks {
  readonly say: (body: HookBody) => Promise<CallResult>;
  readonly serviceId: string;
  /** Notes a client that waits, and how to end it; returns its id, a new one if it has none. */
  readonly waits: (client: HeldClient, end: () => void) => string;
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
export class HeldClient implements HookClient {
  /** Null: its child's, which has not told it yet. */
  id: string | null;
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
  /** It has left a child that has not reported that yet. */
  #isMoving = false;
  /** The last call: calls are made one after the other. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor({ id, type, ip }: HeldClientStart, links: HeldLinks) {
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
    this.#hasConnected = true;
    const { name, param, tcUrl, pageUrl } = this.#asks(request);
    return this.#ask('on_connect', { stream: name.stream, param, tcUrl, pageUrl });
  }

  play(request: HeldRequest): Promise<boolean> {
    const asked = this.#asks(request);
    const { name, file: stream = name.stream, param, tcUrl, pageUrl } = asked;
    const about = { stream, tcUrl, param, pageUrl };
    const fields = streamFields(name);
    this.#waits({
      ...{
        id: this.id ?? '',
        type: this.#type,
        ip: this.ip,
        name,
        tcUrl,
        pageUrl,
        since: Date.now(),
      },
      carrier: null,
      ...{ url: fields.stream_url, streamId: fields.stream_id, vhostId: vhostId(name.vhost) },
    });
    return this.#ask('on_play', { ...about, ...fields });
  }

  stop(): void {
    this.#waits(null);
    const request = this.#request;
    void this.#next(() => this.#stop(request));
  }

  goesBy(name: string): void {
    this.#names.add(name);
    this.#links.goesBy(name, this);
  }

  served(): void {
    this.#isServed = true;
    if (this.id !== null) this.#links.waitsNoMore(this.id);
  }

  carried(carrier: Carrier): void {
    if (this.waiting !== null) this.#waits({ ...this.waiting, carrier });
  }

  moves(): void {
    this.#isMoving = true;
  }

  waits(end: () => void): void {
    this.id = this.#links.waits(this, end);
    this.#isServed = false;
  }

  leave({ sent, received }: HeldTraffic): void {
    if (this.id !== null) this.#links.waitsNoMore(this.id);
    for (const name of this.#names) this.#links.leaves(name);
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
    const { stream: own } = this.#request?.name ?? {};
    // A child reports the file of an HLS viewer.
    const isOwn = stream === own || stream === `${own}.m3u8`;
    return isOwn && this.#asked.delete(action);
  }

  /** SRS keeps the parameters of the stream before for one that is named without any. */
  #asks(request: HeldRequest): HeldRequest {
    this.#request = { ...request, param: request.param || (this.#request?.param ?? '') };
    return this.#request;
  }

  #waits(player: WaitingPlayer | null): void {
    this.waiting = player;
    this.#links.changed();
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

  async #stop(request: HeldRequest | null): Promise<void> {
    if (!this.#plays || request === null) return;
    this.#plays = false;
    this.#asked.clear();
    const { name, file: stream = name.stream, tcUrl, param } = request;
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
    const ids = { server_id: '', service_id: serviceId, action, client_id: this.id ?? '' };
    return say({ ...ids, ip: this.ip, vhost, app, ...fields });
  }
}

function streamFields(name: StreamName) {
  const url = streamUrl(name);
  return { stream_url: url, stream_id: streamId(url) };
}

import { formatAddress } from '../config/address.js';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AliasBook } from './aliases.js';
import { Ending } from './ending.js';
import type { KeptClient } from './kept.js';
import type { ConnectionRow } from './listener.js';
import { type Bytes, NO_BYTES, plus, type Relayed } from './relayed.js';
import { NO_ADDRESS, type Place } from './shared-counts.js';

/** Address and arrival of a client. */
export interface ClientEntry {
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** One client connection, from accept to close. Null: not yet known. */
export class Connection extends Ending {
  readonly id: string;
  /** The address that limits count by. */
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Position in the listener's collection. */
  key = -1;
  /** Position in the budget's counts. */
  place: Place;
  /** The relay's word for the connection's end; null: it was not relayed, or is still. */
  relayEnd: string | null = null;
  /** Called once, with the milliseconds from when a player could be served until it was. */
  onPlaying: ((ms: number) => void) | null = null;
  /** Called once when the client is not pending any more. */
  onSettled: (() => void) | null = null;
  #client: string;
  #stream: StreamKey | null = null;
  #role: Role | null = null;
  #owner: OwnerRef | null = null;
  #relayed: Relayed | null = null;
  /** Bytes of relays that have ended. */
  #past = NO_BYTES;
  #alias: string | null = null;
  #hookId: string | null = null;
  /** It waits as the backup of its stream. */
  #isBackup = false;
  /** Its arrival, or the end of its wait for a publisher; milliseconds since 1970. */
  #readyAt: number;

  constructor({ id, ip, port, since, place }: ClientEntry & { id: string; place: Place }) {
    super();
    this.id = id;
    this.ip = ip;
    this.port = port;
    this.#client = formatAddress({ host: ip, port });
    this.since = since;
    this.#readyAt = since;
    this.place = place;
  }

  /** The client's own address, `ip:port`. */
  get client(): string {
    return this.#client;
  }

  get stream(): StreamKey | null {
    return this.#stream;
  }

  get role(): Role | null {
    return this.#role;
  }

  get owner(): OwnerRef | null {
    return this.#owner;
  }

  get relayed(): Relayed | null {
    return this.#relayed;
  }

  /** The 127.x.y.z address from which children are dialled for the client. */
  get alias(): string | null {
    return this.#alias;
  }

  /** The id by which the user's hooks know a client that waited without a child. */
  get hookId(): string | null {
    return this.#hookId;
  }

  /** Sets the client's address to one that it moved to, or that a trusted box or proxy names. */
  comesFrom(client: string): void {
    this.#client = client;
  }

  /** Notes the stream that the client has named; it is not pending any more. */
  named(stream: StreamKey, role: Role): void {
    this.#stream = stream;
    this.#role = role;
    this.settle();
  }

  /** Notes that the user's hooks know the client by this id. */
  knownToHooks(id: string): void {
    this.#hookId = id;
  }

  /** Returns the client's alias, taking one if it has none; null: this machine lends none. */
  takeAlias(aliases: AliasBook): string | null {
    this.#alias ??= aliases.take({ id: this.id, client: this.#client });
    return this.#alias;
  }

  releaseAlias(aliases: AliasBook): void {
    aliases.release(this.#alias);
    this.#alias = null;
  }

  /**
   * Returns what another program needs to go on with the client, whose pair has that number there.
   */
  give(pair: number): KeptClient {
    const { id, ip, port, since, client, stream, role, owner, alias, hookId } = this;
    const { bytesIn, bytesOut } = this.#past;
    const known = { id, ip, port, since, client, stream, role, owner, alias, hookId };
    const isVouched = this.place === NO_ADDRESS;
    return { ...known, past: { bytesIn, bytesOut }, isVouched, pair };
  }

  /** Notes what another program knew of the client. */
  goesOn(
    { client, stream, role, alias, hookId, past }: KeptClient,
    aliases: AliasBook | null,
  ): void {
    this.#client = client;
    this.#stream = stream;
    this.#role = role;
    this.#hookId = hookId;
    this.#past = past;
    if (alias === null) return;
    this.#alias = alias;
    aliases?.restore(alias, { id: this.id, client });
  }

  /** Notes that the client has waited for its publisher until now. */
  hasWaited(): void {
    this.#readyAt = Date.now();
  }

  /** Assigns the client to an owner, with which it ends. */
  assigned(owner: OwnerRef): void {
    this.#owner = owner;
  }

  /** Notes the client's relayed connection. */
  carriedBy(relayed: Relayed | null): void {
    if (relayed === this.#relayed) return;
    this.#relayed = relayed;
    void relayed?.ended.then((end) => {
      if (typeof end === 'string') this.relayEnd = end;
    });
  }

  /** Notes that the client waits as the backup of its stream, until it `leftChild`. */
  standsBy(waiting: Relayed): void {
    this.#isBackup = true;
    this.carriedBy(waiting);
  }

  /** Notes the owner, with which the client ends, and the relayed connection. */
  servedBy(owner: OwnerRef | null, relayed: Relayed): void {
    this.#owner = owner;
    this.carriedBy(relayed);
    this.begins(relayed.startedAt);
  }

  /** Notes when its bytes began to move, in milliseconds since 1970. Only the first time counts. */
  begins(at = Date.now()): void {
    const told = this.onPlaying;
    this.onPlaying = null;
    if (this.#role === 'play') told?.(at - this.#readyAt);
  }

  /** Notes that the client has left its child, or waits no more: it is brought to another one. */
  leftChild(): void {
    this.#isBackup = false;
    this.#past = this.bytes;
    this.#relayed = null;
    this.relayEnd = null;
    this.#owner = null;
  }

  /** Bytes relayed from and to the client so far. */
  get bytes(): Bytes {
    return this.#relayed === null ? this.#past : plus(this.#past, this.#relayed);
  }

  /** Returns whether the client has that stream and role; an omitted one fits any. */
  serves(stream = this.#stream, role = this.#role): boolean {
    return stream === this.#stream && role === this.#role;
  }

  row(): ConnectionRow {
    const { id, client, alias, stream, since, bytes } = this;
    const role = this.#isBackup ? 'backup' : this.#role;
    return { id, client, alias, child: this.#owner?.id ?? null, stream, role, ...bytes, since };
  }

  /** Notes that the client is not pending any more. */
  settle(): void {
    const told = this.onSettled;
    this.onSettled = null;
    told?.();
  }

  override end(reason: Error): void {
    super.end(reason);
    this.#relayed?.destroy();
  }
}

import { Recent } from '../collections/recent.js';

/** 127.1.0.0 .. 127.255.255.254: sixteen million addresses; 127.0.x.x is left to other programs. */
const FIRST = 0x7f010000;
const LAST = 0x7ffffffe;

/** Range of aliases by number, both ends included. */
export interface AliasRange {
  readonly first: number;
  readonly last: number;
}

const ALL: AliasRange = { first: FIRST, last: LAST };

/**
 * Returns whether a child at this address can be dialled from an alias: only loopback can answer
 * one.
 */
export function canAlias(host: string): boolean {
  return host.startsWith('127.');
}

/**
 * Gives each client a loopback address of its own to dial children from. SRS shows a connection's
 * peer in its API and hooks, so the alias identifies the client. The book has one entry per open
 * connection, and some of those closed last, because a child may still report their end.
 */
export class AliasBook {
  readonly #clients = new Map<string, string>();
  readonly #left = new Recent<string>();
  readonly #range: AliasRange;
  #next: number;
  #usable = true;

  constructor(range: AliasRange = ALL) {
    this.#range = range;
    this.#next = range.first;
  }

  /** Returns a new alias for `client`; null if this machine cannot dial from one (macOS). */
  take(client: string): string | null {
    if (!this.#usable) return null;
    let alias = this.#step();
    while (this.#clients.has(alias)) alias = this.#step();
    this.#clients.set(alias, client);
    return alias;
  }

  /** Returns the address of the client that has, or had last, this alias; else null. */
  clientOf(alias: string): string | null {
    return this.#clients.get(alias) ?? this.#left.get(alias) ?? null;
  }

  release(alias: string | null): void {
    const client = alias === null ? undefined : this.#clients.get(alias);
    if (alias === null || client === undefined) return;
    this.#clients.delete(alias);
    this.#left.add(alias, client);
  }

  /** Dials children plainly from now on: the machine refused an alias as source address. */
  disable(): void {
    this.#usable = false;
  }

  #step(): string {
    const number = this.#next;
    this.#next = number === this.#range.last ? this.#range.first : number + 1;
    return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
  }
}

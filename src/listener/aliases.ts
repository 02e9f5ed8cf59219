import { Recent } from '../collections/recent.js';

/** 127.1.0.0 .. 127.255.255.254: sixteen million addresses; 127.0.x.x is left to other programs. */
const FIRST = 0x7f010000;
const LAST = 0x7ffffffe;

/** Range of aliases by number, both ends included. */
export interface AliasRange {
  readonly first: number;
  readonly last: number;
}

/** The connection that has an alias. */
export interface AliasHolder {
  /** Its id. */
  readonly id: string;
  /** Address and port of the client. */
  readonly client: string;
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
  readonly #holders = new Map<string, AliasHolder>();
  readonly #left = new Recent<AliasHolder>();
  readonly #range: AliasRange;
  #next: number;
  #usable = true;

  constructor(range: AliasRange = ALL) {
    this.#range = range;
    this.#next = range.first;
  }

  /** Returns a new alias for a client; null if this machine cannot dial from one (macOS). */
  take(holder: AliasHolder): string | null {
    if (!this.#usable) return null;
    let alias = this.#step();
    while (this.#holders.has(alias)) alias = this.#step();
    this.#holders.set(alias, holder);
    return alias;
  }

  /** Gives an alias to the client that has it already, from the program before this one. */
  restore(alias: string, holder: AliasHolder): void {
    this.#holders.set(alias, holder);
  }

  /** The alias that the next client gets, if it is free. */
  get next(): string {
    const alias = this.#step();
    this.#next = numberOf(alias);
    return alias;
  }

  /**
   * Goes on with the alias that another book had next; the last ones are not given at once again.
   */
  goOn(next: string): void {
    const number = numberOf(next);
    if (number >= this.#range.first && number <= this.#range.last) this.#next = number;
  }

  /** Returns the connection that has, or had last, this alias; else null. */
  holderOf(alias: string): AliasHolder | null {
    return this.#holders.get(alias) ?? this.#left.get(alias) ?? null;
  }

  release(alias: string | null): void {
    const holder = alias === null ? undefined : this.#holders.get(alias);
    if (alias === null || holder === undefined) return;
    this.#holders.delete(alias);
    this.#left.add(alias, holder);
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

function numberOf(alias: string): number {
  return alias.split('.').reduce((sum, part) => 256 * sum + Number(part), 0);
}

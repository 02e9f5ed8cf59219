/**
 * The room `access/`: which clients may publish or play a stream, and which publisher has it.
 * May import: config, srs-conf.
 */

import { type AccessRule, isSecure } from '../srs-conf/security.js';
import { nameOf, type Role, type StreamKey } from '../stream-key.js';

/** A vhost's name and its rules; null: everybody may. */
export interface GuardedVhost {
  readonly name: string;
  readonly security: readonly AccessRule[] | null;
}

/**
 * The template's `security` rules, judged by each client's true address. Children do not judge
 * them: they see the alias that a client is dialled from.
 */
export class AccessRules {
  /** Of the vhosts that have rules. */
  #rules: ReadonlyMap<string, readonly AccessRule[]> = new Map();

  constructor(vhosts: readonly GuardedVhost[]) {
    this.renew(vhosts);
  }

  /** Replaces all rules, for clients that come from now on. */
  renew(vhosts: readonly GuardedVhost[]): void {
    const guarded = vhosts.flatMap(({ name, security }) =>
      security === null ? [] : [[name, security] as const],
    );
    this.#rules = new Map(guarded);
  }

  /** No vhost has rules: everybody may publish and play. */
  get isOpen(): boolean {
    return this.#rules.size === 0;
  }

  /** Tells whether the stream's vhost has rules. */
  has(stream: StreamKey): boolean {
    return !this.isOpen && this.#rules.has(nameOf(stream).vhost);
  }

  /** Returns true if a client with this IP address may publish or play the stream. */
  allows(stream: StreamKey, role: Role, ip: string): boolean {
    return this.isOpen || isSecure(this.#rules.get(nameOf(stream).vhost) ?? null, role, ip);
  }
}

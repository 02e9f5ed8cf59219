import type { AccessListRule, SideRule, TokenRule } from '../config/access-config.js';
import { nameOf, type Role, type StreamKey } from '../stream-key.js';
import { Networks } from './networks.js';

/** Conditions for clients of one role, ready for use. */
export class Demands {
  readonly token: TokenRule;
  readonly #allow: Networks;
  readonly #deny: Networks;

  constructor({ allow, deny, token }: SideRule) {
    this.token = token;
    this.#allow = new Networks(allow);
    this.#deny = new Networks(deny);
  }

  /** Tells whether the lists let an address in. */
  lets(ip: string): boolean {
    return !this.#deny.has(ip) && (this.#allow.isEmpty || this.#allow.has(ip));
  }
}

interface Rule extends Pick<AccessListRule, 'vhost' | 'app'> {
  readonly sides: Readonly<Record<Role, Demands | null>>;
}

/** The rules of the configuration about who may publish and play. */
export class AccessPolicy {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly AccessListRule[]) {
    const side = (rule: SideRule | null) => rule && new Demands(rule);
    this.#rules = rules.map(({ vhost, app, publish, play }) => ({
      ...{ vhost, app },
      sides: { publish: side(publish), play: side(play) },
    }));
  }

  /** Returns what the first rule that fits the stream demands; null: nothing. */
  of(stream: StreamKey, role: Role): Demands | null {
    if (this.#rules.length === 0) return null;
    const { vhost, app } = nameOf(stream);
    const rule = this.#rules.find(
      (one) => (one.vhost ?? vhost) === vhost && (one.app ?? app) === app,
    );
    return rule?.sides[role] ?? null;
  }
}

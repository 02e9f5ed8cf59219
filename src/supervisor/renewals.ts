import type { Template } from '../child/template.js';
import type { Config } from '../config/config.js';
import type { RenewableKey } from '../config/effects.js';

/** The configuration by which the program runs now; a reload replaces it. */
export interface Current {
  config: Config;
  /** The template by which the children run. */
  template: Template;
}

interface Renewal {
  readonly keys: readonly string[];
  readonly renew: (config: Config) => void | Promise<void>;
}

/** Steps by which a reload applies changed keys, each registered by the part that has the key. */
export class Renewals {
  readonly #renewals: Renewal[] = [];

  /** Has `renew` called with the new configuration when one of these keys has changed. */
  on(keys: readonly RenewableKey[], renew: Renewal['renew']): void {
    this.#renewals.push({ keys, renew });
  }

  /** Applies the changed keys, one step after another. */
  async apply(changed: readonly string[], config: Config): Promise<void> {
    for (const { keys, renew } of this.#renewals) {
      if (keys.some((key) => changed.includes(key))) await renew(config);
    }
  }
}

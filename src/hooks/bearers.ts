import { Recent } from '../collections/recent.js';
import { bearerKeyOf } from '../protocol/webrtc/request.js';

/**
 * Bearer tokens of WHIP and WHEP clients, by a random key in the request's parameters. Children
 * repeat it in each hook. Children get no token themselves, because they log all parameters.
 * Clients see no key, so none can name another's. The last 8192 to 16,384 are kept.
 */
export class Bearers {
  readonly #tokens = new Recent<string>();

  note(key: string, token: string): void {
    this.#tokens.add(key, token);
  }

  /** Returns the token of the client whose hook has this `param`; null if it sent none. */
  of(param: unknown): string | null {
    const key = typeof param === 'string' ? bearerKeyOf(param) : null;
    return key === null ? null : (this.#tokens.get(key) ?? null);
  }
}

import type { Context } from '../context.js';
import type { Exchange } from '../http/reply.js';
import { randomId } from '../ids.js';
import type { View } from './views.js';

/** SRS's error codes. */
const CONFIG_INVALID = 1023;
const RAW_UNKNOWN = 1060;
const RAW_DISABLED = 1061;

type Answer = View | number;

/**
 * Answers `/api/v1/raw?rpc=`. mini-srs does not reload: it accepts the request if the config allows
 * it, and `reload-fetch` then reports a failure, as after a config that SRS rejects.
 */
export class RawApi {
  readonly #context: Context;
  #last: View = { err: 0, msg: 'Success', state: 0, rid: randomId(7) };

  readonly #calls: Readonly<Record<string, () => Answer>> = {
    reload: () => this.#reload(),
    'reload-fetch': () => ({ code: 0, data: this.#last }),
  };

  constructor(context: Context) {
    this.#context = context;
  }

  /** Returns the whole answer, or an error code. `rpc=raw` is always allowed. */
  answer({ url }: Exchange): Answer {
    const rpc = url.searchParams.get('rpc') ?? '';
    if (rpc === 'raw') return this.#describe();
    if (!this.#context.conf.rawApi.enabled) return RAW_DISABLED;
    return Object.hasOwn(this.#calls, rpc) ? (this.#calls[rpc]?.() ?? RAW_UNKNOWN) : RAW_UNKNOWN;
  }

  #describe(): View {
    const { api, rawApi } = this.#context.conf;
    const allowed = { allow_reload: rawApi.allowReload, allow_query: false, allow_update: false };
    const raw = { enabled: rawApi.enabled, ...allowed };
    const listen = api?.text ?? '';
    return { code: 0, http_api: { enabled: true, listen, crossdomain: true, raw_api: raw } };
  }

  #reload(): Answer {
    if (!this.#context.conf.rawApi.allowReload) return RAW_DISABLED;
    this.#context.log.warn('main', 'raw?rpc=reload: mini-srs does not reload, restart it');
    const msg = 'mini-srs does not reload';
    this.#last = { err: CONFIG_INVALID, msg, state: 0, rid: randomId(7) };
    return 0;
  }
}

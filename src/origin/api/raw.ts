import type { Context } from '../context.js';
import type { Exchange } from '../http/reply.js';
import type { View } from './views.js';

/** SRS's error codes. */
const RAW_UNKNOWN = 1060;
const RAW_DISABLED = 1061;

/**
 * `/api/v1/raw?rpc=`: `raw` says what of it is allowed. mini-srs never reloads: a `reload` that is
 * allowed is refused like one that is not, and none has ever been done.
 */
export function answerRaw({ conf }: Context, { url }: Exchange): View | number {
  const rpc = url.searchParams.get('rpc') ?? '';
  const { enabled, allowReload } = conf.rawApi;
  if (rpc === 'raw') {
    const allowed = { allow_reload: allowReload, allow_query: false, allow_update: false };
    const listen = conf.api?.text ?? '';
    const rawApi = { enabled, ...allowed };
    return { code: 0, http_api: { enabled: true, listen, crossdomain: true, raw_api: rawApi } };
  }
  if (!enabled || rpc === 'reload') return RAW_DISABLED;
  if (rpc !== 'reload-fetch') return RAW_UNKNOWN;
  return { code: 0, data: { err: 0, msg: 'Success', state: 0, rid: '' } };
}

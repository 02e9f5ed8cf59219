import { TokenBuckets } from '../collections/token-buckets.js';
import type { Config } from '../config/config.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { limitRate } from '../listener/http/rate-limit.js';
import { clientIp } from '../listener/webrtc/negotiate.js';

/**
 * What the API's ports serve, within `limits.apiRequestsPerIp` and `limits.offersPerIp`. `rtc`: of
 * WebRTC; null: that is off.
 */
export function limitedApi(
  config: Pick<Config, 'limits' | 'registry' | 'cluster'>,
  api: HttpPlugin,
  rtc: HttpPlugin | null,
): readonly HttpPlugin[] {
  const { limits, registry, cluster } = config;
  const requests = new TokenBuckets({ perSecond: limits.apiRequestsPerIp });
  const offers = new TokenBuckets({ perSecond: limits.offersPerIp });
  const limited = limitRate(api, { bucketsOf: () => requests });
  if (rtc === null) return [limited];
  // What another box has sent on is its client's.
  const secret = registry === 'memory' ? null : cluster.secret;
  return [
    limited,
    limitRate(rtc, {
      bucketsOf: ({ method }) => (method === 'POST' ? offers : requests),
      ipOf: (request) => clientIp({ secret }, request),
    }),
  ];
}

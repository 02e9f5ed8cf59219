import { TokenBuckets } from '../collections/token-buckets.js';
import type { Config } from '../config/config.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { limitRate } from '../listener/http/rate-limit.js';
import { clientIp } from '../listener/webrtc/negotiate.js';
import type { Logger } from '../logging/logger.js';

/**
 * Wraps the API port's plugins in `limits.apiRequestsPerIp` and `limits.offersPerIp`. `rtc` is
 * WebRTC's plugin; null: WebRTC is off.
 */
export function limitedApi(
  config: Pick<Config, 'limits' | 'registry' | 'cluster'>,
  api: HttpPlugin,
  rtc: HttpPlugin | null,
  logger: Logger,
): readonly HttpPlugin[] {
  const { limits, registry, cluster } = config;
  const requests = new TokenBuckets({ perSecond: limits.apiRequestsPerIp });
  const offers = new TokenBuckets({ perSecond: limits.offersPerIp });
  const nameOf = () => 'limits.apiRequestsPerIp';
  const limited = limitRate(api, { bucketsOf: () => requests, nameOf, logger });
  if (rtc === null) return [limited];
  // An offer that another box forwards counts for its client.
  const secret = registry === 'memory' ? null : cluster.secret;
  return [
    limited,
    limitRate(rtc, {
      bucketsOf: ({ method }) => (method === 'POST' ? offers : requests),
      ipOf: (request) => clientIp({ secret }, request),
      nameOf: ({ method }) => (method === 'POST' ? 'limits.offersPerIp' : nameOf()),
      logger,
    }),
  ];
}

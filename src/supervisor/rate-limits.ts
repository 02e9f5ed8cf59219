import { TokenBuckets } from '../collections/token-buckets.js';
import type { Config } from '../config/config.js';
import type { RequestLimit } from '../listener/failure.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { limitRate } from '../listener/http/rate-limit.js';
import { clientIp } from '../listener/webrtc/hop.js';
import type { Logger } from '../logging/logger.js';
import type { Renewals } from './renewals.js';

/** The parts that the limits are made of. */
interface LimitedParts {
  readonly config: Pick<Config, 'limits' | 'registry' | 'cluster'>;
  readonly renewals: Renewals;
  readonly logger: Logger;
}

/**
 * Wraps the API port's plugins in `limits.apiRequestsPerIp` and `limits.offersPerIp`. `rtc` is
 * WebRTC's plugin; null: WebRTC is off.
 */
export function limitedApi(
  { config, renewals, logger: root }: LimitedParts,
  api: HttpPlugin,
  rtc: HttpPlugin | null,
): readonly HttpPlugin[] {
  const logger = root.child({ room: 'api' });
  const { limits, registry, cluster } = config;
  const requests = new TokenBuckets({ perSecond: limits.apiRequestsPerIp });
  const offers = new TokenBuckets({ perSecond: limits.offersPerIp });
  renewals.on(['limits.apiRequestsPerIp', 'limits.offersPerIp'], ({ limits: renewed }) => {
    requests.renew(renewed.apiRequestsPerIp);
    offers.renew(renewed.offersPerIp);
  });
  const nameOf = (): RequestLimit => 'apiRequestsPerIp';
  const limited = limitRate(api, { bucketsOf: () => requests, nameOf, logger });
  if (rtc === null) return [limited];
  // An offer that another box forwards counts for its client.
  const secret = registry === 'memory' ? null : cluster.secret;
  return [
    limited,
    limitRate(rtc, {
      bucketsOf: ({ method }) => (method === 'POST' ? offers : requests),
      ipOf: (request) => clientIp({ secret }, request),
      nameOf: ({ method }) => (method === 'POST' ? 'offersPerIp' : nameOf()),
      logger,
    }),
  ];
}

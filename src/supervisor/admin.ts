import { eventRoutes } from '../admin/event-routes.js';
import { jobRoutes } from '../admin/job-routes.js';
import { kickRoute } from '../admin/kick-route.js';
import { metricsRoute } from '../admin/metrics-route.js';
import { reloadRoutes } from '../admin/reload-routes.js';
import { AdminServer } from '../admin/server.js';
import type { AdminSource, BoxOrders } from '../admin/types.js';
import { upgradeRoutes } from '../admin/upgrade-routes.js';
import type { Api } from '../api/api.js';
import type { Fleet } from '../child/fleet.js';
import type { Config } from '../config/config.js';
import { isConsoleFile } from '../console/routes.js';
import type { EventLog } from '../events/event-log.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Operations } from '../jobs/operations.js';
import type { Logger } from '../logging/logger.js';
import type { Placement } from '../placement/placement.js';
import type { Origins } from '../unmanaged/origins.js';
import { type ConsoleParts, makeConsole } from './console.js';
import { type KickParts, makeKick } from './kick.js';
import type { Listeners } from './listeners.js';
import { type MetricsParts, makeMetrics } from './metrics.js';
import { originRoutes } from './origins.js';
import type { Renewals } from './renewals.js';

interface AdminParts extends KickParts, MetricsParts, ConsoleParts {
  readonly api: Pick<Api, 'versionsAsJson' | 'kick' | 'kickSessions'>;
  readonly config: Config;
  readonly fleet: Pick<Fleet, 'drain' | 'undrain'>;
  readonly jobs: Jobs;
  readonly operations: Operations;
  readonly origins: Origins;
  readonly view: AdminSource;
  readonly events: EventLog;
  readonly listeners: Listeners;
  readonly placement: Placement;
  readonly renewals: Renewals;
  readonly orders: BoxOrders;
  /** Removes secrets from answers. */
  readonly hide: ((text: string) => string) | undefined;
  readonly logger: Logger;
}

/** Builds the admin port, where operators ask and origins register. */
export function makeAdmin(parts: AdminParts): AdminServer {
  const { config, api, fleet, jobs, operations, origins, view, hide, logger } = parts;
  const { renewals, orders, events } = parts;
  const { plugin, isFree } = originRoutes(origins, config, renewals);
  const children = {
    drain: (id: string) => fleet.drain(id),
    undrain: (id: string) => fleet.undrain(id),
    rows: () => view.children(),
  };
  return new AdminServer({
    address: config.listen.admin,
    token: config.admin.token,
    plugins: [
      plugin,
      jobRoutes({ jobs, operations, children }),
      kickRoute(makeKick(parts)),
      reloadRoutes(orders.reload),
      upgradeRoutes(orders.upgrades),
      metricsRoute(makeMetrics(parts)),
      eventRoutes({ events, source: view }),
      makeConsole(parts),
      api.versionsAsJson,
    ],
    // The Go proxy answers this path to every probe on its port; so does our API port.
    isFree: (request) =>
      request.url === '/api/v1/versions' || isConsoleFile(request) || isFree(request),
    hide,
    logger,
    source: view,
  });
}

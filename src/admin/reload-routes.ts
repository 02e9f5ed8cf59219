import { flag, type RefusalStatuses, readOrder, takeOrders } from './order-body.js';
import type { AdminPlugin } from './server.js';
import type { Reload } from './types.js';

const ORDER = {
  dryRun: { reader: flag, fallback: false },
};

/** HTTP statuses for a reload that has changed nothing. */
const STATUS: RefusalStatuses = {
  ERR_USAGE: 400,
  ERR_BUSY: 409,
  ERR_CONFIG: 422,
  ERR_CHILD_CONFIG: 422,
};

/** The order to reload: 200 and its report, or 422 if a file is bad, and nothing has changed. */
export function reloadRoutes(reload: Reload): AdminPlugin {
  return async (app) => {
    takeOrders(app, STATUS);
    app.post('/admin/v1/reload', ({ body }) => reload(readOrder(body, ORDER).dryRun));
  };
}

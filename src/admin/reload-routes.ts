import { z } from 'zod';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { FLAG, type RefusalStatuses, readOrder, takeOrders } from './order-body.js';
import type { AdminPlugin } from './server.js';
import { RELOAD_REPORT, type Reload } from './types.js';

const ORDER = z.strictObject({
  dryRun: FLAG.default(false).describe('change nothing, and tell what a reload would do'),
  yes: FLAG.default(false).describe(
    'close clients that cannot be kept where keys take an upgrade in place',
  ),
});

/** HTTP statuses for a reload that has changed nothing. */
const STATUS: RefusalStatuses = {
  ERR_USAGE: 400,
  ERR_BUSY: 409,
  ERR_CONFIG: 422,
  ERR_CHILD_CONFIG: 422,
};

const DOC: RouteDoc = {
  summary: 'Apply the configuration as it is in its file now',
  tag: 'orders',
  body: ORDER,
  answers: { 200: json(RELOAD_REPORT, 'what was done') },
  errors: {
    400: 'a key of the body is unknown or has a value that cannot be meant',
    409: 'another job is at work',
    422: 'a file is bad; nothing has changed',
  },
};

/** The order to reload: 200 and its report, or 422 if a file is bad, and nothing has changed. */
export function reloadRoutes(reload: Reload): AdminPlugin {
  return async (app) => {
    takeOrders(app, STATUS);
    app.post('/admin/v1/reload', { config: { doc: DOC } }, ({ body }) =>
      reload(readOrder(body, ORDER)),
    );
  };
}

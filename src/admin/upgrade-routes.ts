import { z } from 'zod';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { ANSWERS } from './answers.js';
import { FLAG, type RefusalStatuses, readOrder, takeOrders } from './order-body.js';
import type { AdminPlugin } from './server.js';
import { UPGRADE_PLAN, type Upgrades } from './types.js';

const ORDER = z.strictObject({
  to: z
    .string('must be the path of a folder')
    .min(1, 'must be the path of a folder')
    .nullable()
    .default(null)
    .describe('folder of the package to run; null: where the running program was started from'),
  dryRun: FLAG.default(false).describe('change nothing, and tell what an upgrade would do'),
});

/** HTTP statuses for an upgrade that has changed nothing. */
const STATUS: RefusalStatuses = { ERR_USAGE: 400, ERR_BUSY: 409, ERR_CONFIG: 422 };

const STATUS_DOC: RouteDoc = {
  summary: 'The last upgrade of this process',
  tag: 'orders',
  answers: { 200: json(ANSWERS.upgrade, 'what came of it') },
  errors: {},
};

const DOC: RouteDoc = {
  summary: 'Replace the program in place',
  tag: 'orders',
  body: ORDER,
  answers: { 200: json(UPGRADE_PLAN, 'what is done as soon as this is answered') },
  errors: {
    400: 'a key of the body is unknown or has a value that cannot be meant',
    409: 'a job or another upgrade is at work',
    422: 'the new program cannot follow; nothing has changed',
  },
};

/**
 * The order to upgrade: 200 and the plan, after which it is carried out, or 422 if the new program
 * cannot follow. The last upgrade is at the same path.
 */
export function upgradeRoutes(upgrades: Upgrades): AdminPlugin {
  return async (app) => {
    takeOrders(app, STATUS);
    app.get('/admin/v1/upgrade', { config: { doc: STATUS_DOC } }, async () => upgrades.status());
    app.post('/admin/v1/upgrade', { config: { doc: DOC } }, ({ body }) => {
      const { to, dryRun } = readOrder(body, ORDER);
      return upgrades.upgrade(to, dryRun);
    });
  };
}

import type { AdminServer } from '../admin/server.js';
import type { Api } from '../api/api.js';
import { connectionBudget, fileLimit } from '../check/limits.js';
import type { Fleet } from '../child/fleet.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { HoldBudget } from '../listener/hold-budget.js';
import { limitConnectionLines } from '../logging/event-lines.js';
import { accessOf } from './api.js';
import type { SupervisorOptions } from './options.js';
import type { Renewals } from './renewals.js';

export interface RenewedBox {
  readonly renewals: Renewals;
  readonly api: Api;
  readonly admin: AdminServer;
  readonly fleet: Pick<Fleet, 'statuses'>;
  readonly budget: ConnectionBudget;
  readonly holds: HoldBudget;
  readonly options: SupervisorOptions;
}

const CONNECTION_KEYS = [
  'limits.connections',
  'limits.connectionsPerIp',
  'limits.newConnectionsPerIp',
] as const;
const API_KEYS = ['api.changes', 'api.token', 'api.username', 'api.password'] as const;

/** Has a reload renew what belongs to no single port: limits, tokens, and the log. */
export function renewBox(box: RenewedBox): void {
  const { renewals, api, admin, fleet, budget, holds, options } = box;
  const { prepared, renewLog } = options;
  renewals.on(CONNECTION_KEYS, async (config) => {
    const fitting = connectionBudget(config, fleet.statuses().length, await fileLimit());
    const { newConnectionsPerIp } = config.limits;
    budget.renew({ ...fitting, newConnectionsPerIp });
  });
  renewals.on(['limits.heldPlayers', 'limits.heldPlayersPerIp'], ({ limits }) =>
    holds.renew(limits),
  );
  renewals.on(API_KEYS, (config) => api.renewAccess(accessOf({ ...prepared, config })));
  renewals.on(['admin.token'], (config) => admin.renewToken(config.admin.token));
  renewals.on(['log.level', 'log.format'], ({ log }) => renewLog?.(log));
  renewals.on(['log.connections'], ({ log }) => limitConnectionLines(log.connections));
}

import { AccessRules } from '../access/rules.js';
import type { AdminServer } from '../admin/server.js';
import type { AdminStatus, BoxOrders } from '../admin/types.js';
import type { Api } from '../api/api.js';
import { DiskWatch } from '../child/disk-watch.js';
import { isServing } from '../child/types.js';
import type { History } from '../history/history.js';
import type { HooksOptions } from '../hooks/hooks.js';
import { AcceptTurns } from '../listener/accept-turns.js';
import { AliasBook } from '../listener/aliases.js';
import type { ConnectionBudget } from '../listener/budget.js';
import { HoldBudget } from '../listener/hold-budget.js';
import { SetupTurns } from '../listener/setup-turns.js';
import { limitConnectionLines } from '../logging/event-lines.js';
import type { OwnerRef } from '../owner.js';
import { makeAdmin } from './admin.js';
import { AdminView } from './admin-view.js';
import { makeApi } from './api.js';
import { makeBudget } from './budget.js';
import { Carrying } from './carrying.js';
import { makeHistory } from './console.js';
import { makeGate } from './gate.js';
import { type Ground, openGround, relayCpusOf } from './ground.js';
import { Heartbeat } from './heartbeat.js';
import { makeViewers } from './hls.js';
import { PARTS } from './kept-parts.js';
import type { SupervisorOptions } from './options.js';
import { joinEnds, makeOwning, type Owning } from './owning.js';
import { addPorts } from './ports.js';
import { renewBox } from './renew-box.js';
import type { NamedRoom, Rooms } from './rooms.js';
import { Routing } from './routing.js';

/** All parts of the program, joined but not started. */
export interface Composition extends Ground, Owning {
  readonly access: AccessRules;
  readonly api: Api;
  readonly budget: ConnectionBudget;
  readonly holds: HoldBudget;
  readonly carrying: Carrying;
  readonly view: AdminView;
  readonly admin: AdminServer;
  readonly history: History;
  readonly heartbeat: Heartbeat;
  /** Rooms that start after the children and before the ports. */
  readonly helpers: readonly NamedRoom[];
}

/**
 * Builds and joins all parts. What is opened for that is registered in `rooms`. `state` returns the
 * state of the program for the admin port, whose orders to it are `orders`. @throws ERR_CONFIG,
 * ERR_REGISTRY_AWAY
 */
export async function compose(
  options: SupervisorOptions,
  state: () => AdminStatus['state'],
  rooms: Rooms,
  orders: BoxOrders,
): Promise<Composition> {
  const { prepared, logger, hide } = options;
  limitConnectionLines(prepared.config.log.connections);
  const ground = await openGround(options, rooms);
  const { engine, listeners, map } = ground;
  const { boxes } = map;
  const stirred = (childId: string) => api.stir(childId);
  const heard: HooksOptions['heard'] = (client, id) => api.noteClient(client, id);
  const owning = makeOwning(options, ground, { heard, stirred });
  const { owners, served, placement, hooks, origins, jobs } = owning;
  const waiting = { held: () => hooks.waiting(), endHeld: (id: string) => hooks.held.end(id) };
  const access = new AccessRules(prepared.template.vhosts);
  const api: Api = await makeApi({ ...options, ...ground, ...owning, boxes, access, ...waiting });
  const shared = sharedByPorts(options, owning);
  const { viewers } = shared;
  const gate = makeGate({ access, viewers, logger, ...ground, ...owning });
  const budget = makeBudget(prepared, engine.threadCount, boxes);
  const holds = new HoldBudget(prepared.config.limits);
  const parts = {
    ...prepared,
    ...ground,
    ...shared,
    ...{ boxes, access, gate, budget, holds, logger, relayCpus: relayCpusOf(prepared) },
    routing: makeRouting(options, ground, { ...owning, stirred }),
    keptSrt: options.inheritance?.part(PARTS.srt) ?? null,
    acceptTurns: new AcceptTurns({ acceptNext: engine.acceptNext, room: () => budget.free }),
  };
  const helpers = await addPorts(parts, listeners, api);
  const carrying = new Carrying({ ...ground, ...owning, ...parts });
  const view = new AdminView({
    ...{ prepared, engine, owners, served, placement, listeners, hooks, holds, jobs, boxes, state },
    budget,
    ...{ viewers: parts.viewers, disk: parts.disk },
    ...{ fanout: ground.fanout, current: ground.current },
    refusals: origins.refusals,
    counts: options.counts ?? (() => ({ unforeseenErrors: 0, logLinesDropped: 0 })),
    address: () => admin.address(),
  });
  if (boxes !== null) boxes.load = () => view.load();
  const history = makeHistory({ ...ground, ...owning, view });
  const adminLog = logger.child({ room: 'admin' });
  const shown = { view, viewers, history, prepared, hide, logger: adminLog, orders };
  const { config } = prepared;
  const admin: AdminServer = makeAdmin({ ...ground, ...owning, ...shown, config, api });
  const heartbeat = new Heartbeat({ ...ground, api, logger: logger.child({ room: 'heartbeat' }) });
  renewBox({ ...owning, ...ground, api, admin, budget, holds, options });
  const isStopping = () => state() === 'stopping';
  joinEnds(owning, ground, { logger: logger.child({ room: 'owners' }), isStopping });
  const made = { access, api, budget, holds, carrying, view, admin, history, heartbeat, helpers };
  return { ...ground, ...owning, ...made };
}

/** Makes what several ports use, and nothing else. */
function sharedByPorts(options: SupervisorOptions, { owners, served, hooks }: Owning) {
  const { logger } = options;
  return {
    served,
    turns: new SetupTurns(() => owners.statuses().filter(({ state }) => isServing(state)).length),
    aliases: new AliasBook(),
    viewers: makeViewers({ served, logger }),
    disk: makeDiskWatch(options),
    heldHooks: hooks.held,
    noteBearer: (key: string, token: string) => hooks.noteBearer(key, token),
    statuses: () => owners.statuses(),
  };
}

function makeDiskWatch({ prepared, logger }: SupervisorOptions): DiskWatch {
  const { workDir } = prepared.config;
  return new DiskWatch({ workDir, logger: logger.child({ room: 'disk' }) });
}

function makeRouting(
  { prepared }: SupervisorOptions,
  { map, current }: Ground,
  { owners, served, watch, placement, fleet, stirred }: Owning & Pick<HooksOptions, 'stirred'>,
): Routing {
  const { secret } = prepared.config.cluster;
  const fetchOnPlay = () => current.config.origins.fetchOnPlay;
  const maxConnectionsOf = (child: OwnerRef) => served.maxConnectionsOf(child);
  const rooms = { owners, watch, placement, boxes: map.boxes };
  const suspect = (owner: OwnerRef) => fleet.suspect(owner);
  return new Routing({ ...rooms, fetchOnPlay, stirred, suspect, secret, maxConnectionsOf });
}

import { confOptions } from '../check/prepared.js';
import type { CpuKeeper } from '../child/cpu-keeper.js';
import type { Fleet } from '../child/fleet.js';
import { StartedConfs } from '../child/started-confs.js';
import { CONFIGURED_HOOKS } from '../config/config.js';
import type { FirewallKeeper } from '../firewall/keeper.js';
import type { Hooks, HooksOptions } from '../hooks/hooks.js';
import { Jobs } from '../jobs/jobs.js';
import { Operations } from '../jobs/operations.js';
import type { Logger } from '../logging/logger.js';
import { tell } from '../logging/tell.js';
import type { OwnerRef } from '../owner.js';
import type { Placement } from '../placement/placement.js';
import type { StreamStatus } from '../placement/types.js';
import type { Origins } from '../unmanaged/origins.js';
import type { Watch } from '../unmanaged/watch.js';
import { VERSION } from '../version.js';
import { makeCpuKeeper } from './cpus.js';
import { makeFirewall } from './firewall.js';
import { makeFleet, stallsIn } from './fleet.js';
import { makeFleetControl } from './fleet-control.js';
import type { Ground } from './ground.js';
import { makeHooks } from './hooks.js';
import { PARTS } from './kept-parts.js';
import type { SupervisorOptions } from './options.js';
import { makeOrigins, watchOrigins } from './origins.js';
import { Owners } from './owners.js';
import { makePlacement } from './placement.js';
import { Recycler, recycleBy } from './recycler.js';
import { Served } from './served.js';
import { claimsOf, mendAfterStandstill } from './standstill.js';

/** The owners of streams, and the parts that know what each owns. */
export interface Owning {
  readonly firewall: FirewallKeeper;
  readonly fleet: Fleet;
  readonly cpus: CpuKeeper;
  readonly origins: Origins;
  readonly owners: Owners;
  readonly served: Served;
  readonly placement: Placement;
  readonly watch: Watch;
  readonly hooks: Hooks;
  readonly jobs: Jobs;
  readonly operations: Operations;
  readonly recycler: Recycler;
}

const CARE_KEYS = [
  'children.maxHungPercent',
  'children.maxCrashes',
  'children.startSeconds',
  'children.eject',
  'children.ejectSeconds',
] as const;

const HOOK_KEYS = [
  ...CONFIGURED_HOOKS.map((name) => `hooks.${name}` as const),
  'hooks.timeoutSeconds',
] as const;

/** Makes the owners of streams (children and origins), and placement over them. */
export function makeOwning(
  { prepared, logger, inheritance = null }: SupervisorOptions,
  { serverId, loop, changes, listeners, map, current, renewals }: Ground,
  api: Pick<HooksOptions, 'heard' | 'stirred'>,
): Owning {
  const { template } = prepared;
  const log = (room: string) => logger.child({ room });
  const firewall = makeFirewall(prepared, log('fleet'));
  const started = new StartedConfs();
  const fleet: Fleet = makeFleet({
    prepared,
    started,
    hooks: (childId) => hooks.planFor(childId),
    onPorts: (ports) => firewall.guard(ports),
    kept: inheritance?.part(PARTS.fleet) ?? null,
    isSameVersion: inheritance?.handover.version === VERSION,
    loop,
    listeners,
    stalls: (id) => {
      const traffic = listeners.traffic().get(id);
      return traffic !== undefined && stallsIn(traffic, placement.counts(id));
    },
    logger: log('fleet'),
  });
  const isAdopted = inheritance !== null;
  const cpus = makeCpuKeeper(prepared, { fleet, changes, isAdopted, logger: log('cpu') });
  const rtmp = () => listeners.address('rtmp');
  const origins = makeOrigins({ current, loop, rtmp, logger: log('origins') });
  const conf = confOptions(prepared);
  const served = new Served({ started, children: () => fleet.statuses(), conf, current });
  renewals.on(['vhosts'], (renewed) => served.renew(confOptions({ ...prepared, config: renewed })));
  const owners = new Owners(fleet, origins, template.authorization);
  const jobs = new Jobs({ logger: log('jobs') });
  const placement: Placement = makePlacement({
    ...{ current, map, owners, listeners, served },
    isLeaving: (id) => jobs.isLeaving(id),
    logger: log('placement'),
  });
  const claims = claimsOf(placement, { listeners, loop });
  const watch = watchOrigins(origins, placement, { claims, logger: log('origins') });
  const clientOf = (alias: string) => listeners.addressOf(alias);
  const told = { claims, clientOf, ...api, vhosts: () => served.vhosts, logger: log('hooks') };
  const kept = inheritance?.part(PARTS.hooks) ?? null;
  const { known } = inheritance ?? {};
  const hooks = makeHooks(prepared, { serverId, fleet, kept, known, ...told });
  renewals.on(CARE_KEYS, ({ children }) => fleet.care.renew(children));
  renewals.on(HOOK_KEYS, ({ hooks: renewed }) => hooks.renew(renewed));
  const operations = new Operations(jobs, makeFleetControl(current, fleet, placement));
  const recycler = new Recycler({
    limits: () => current.config.children.recycle,
    loop,
    statuses: () => fleet.statuses(),
    clientsOf: (id) => placement.counts(id).clients,
    recycle: recycleBy(operations, () => current.config, log('fleet')),
  });
  mendAfterStandstill({ loop, placement, recheck: () => hooks.recheck(), logger });
  const work = { jobs, operations, recycler };
  return { firewall, fleet, cpus, origins, owners, served, placement, watch, hooks, ...work };
}

/** Connects the end of an owner, and of another box, to placement, hooks and listeners. */
export function joinEnds(
  { fleet, origins, served, placement, hooks }: Owning,
  { listeners, map }: Pick<Ground, 'listeners' | 'map'>,
  { logger, isStopping }: { readonly logger: Logger; readonly isStopping: () => boolean },
): void {
  const ownerDown = (down: OwnerRef & { readonly reason: string }) => {
    if (!isStopping()) logDown(logger, down, placement.list());
    void placement.childDown(down);
    hooks.childDown(down);
    listeners.endOf(down, `child ${down.id} is gone: ${down.reason}`);
  };
  fleet.on('down', ownerDown);
  fleet.on('down', () => served.look());
  fleet.on('ready', () => served.look());
  origins.on('down', ownerDown);
  map.boxes?.on('down', (box) => placement.boxDown(box));
  map.boxes?.on('back', () => void placement.renew());
}

/** Most streams that the line about a child's end names. */
const NAMED_STREAMS = 20;

/** Logs the end of an owner with the streams that it had. */
function logDown(
  logger: Logger,
  { id: child, generation, reason }: OwnerRef & { readonly reason: string },
  streams: readonly StreamStatus[],
): void {
  const names = streams.flatMap((one) => (isIn(one, child) ? one.stream : []));
  const about = { streams: names.length, names: names.slice(0, NAMED_STREAMS) };
  const event = { type: 'child-down', child, generation, reason, ...about } as const;
  tell(logger, event, { level: 'info', message: 'child down: its clients are closed' });
}

function isIn({ child, box, publishing }: StreamStatus, id: string): boolean {
  return publishing && child === id && box === undefined;
}

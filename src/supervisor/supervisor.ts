import type { AddressInfo } from 'node:net';
import type { AdminServer } from '../admin/server.js';
import type { AdminStatus } from '../admin/types.js';
import type { Api } from '../api/api.js';
import type { ClientRef } from '../api/client-ids.js';
import { reloadChildren } from '../api/reload.js';
import type { ChildDown } from '../child/child.js';
import type { CpuKeeper } from '../child/cpu-keeper.js';
import type { Fleet } from '../child/fleet.js';
import type { FleetOptions } from '../child/fleet-options.js';
import { serverIdOf } from '../child/server-id.js';
import { LoopClock } from '../clock/loop.js';
import { pinSelf } from '../cpu/affinity.js';
import { CpuChanges } from '../cpu/changes.js';
import type { FirewallKeeper } from '../firewall/keeper.js';
import type { Hooks } from '../hooks/hooks.js';
import type { Claims } from '../hooks/publishers.js';
import { AliasBook } from '../listener/aliases.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { Certificate } from '../listener/certificate.js';
import { HoldBudget } from '../listener/hold-budget.js';
import type { Placement } from '../placement/placement.js';
import { openEngine } from '../relay/engine.js';
import type { RelayEngine } from '../relay/relay.js';
import { HeapKeeper } from '../system/heap-keeper.js';
import type { Origins } from '../unmanaged/origins.js';
import type { Watch } from '../unmanaged/watch.js';
import { makeAdmin } from './admin.js';
import { AdminView } from './admin-view.js';
import { makeApi } from './api.js';
import { makeBudget } from './budget.js';
import { makeCpuKeeper } from './cpus.js';
import { DemoRoom } from './demo.js';
import { drained } from './drained.js';
import { makeFirewall } from './firewall.js';
import { makeFleet } from './fleet.js';
import { makeHooks } from './hooks.js';
import type { ListenerParts } from './listener-parts.js';
import { Listeners } from './listeners.js';
import type { SupervisorOptions } from './options.js';
import { fixedOrigins, makeOrigins, watchOrigins } from './origins.js';
import { Owners } from './owners.js';
import { makePlacement } from './placement.js';
import { addPorts } from './ports.js';
import { boxRecord, openMap, type SharedMap } from './registry.js';
import type { Room } from './room.js';
import { Routing } from './routing.js';
import { claimsOf, mendAfterStandstill } from './standstill.js';
import { openCertificate } from './tls.js';

/** What had to be opened before the rest can be built on it. */
interface Opened {
  readonly engine: RelayEngine;
  readonly serverId: string;
  readonly listeners: Listeners;
  readonly map: SharedMap;
  readonly changes: CpuChanges;
}

/** The whole box: builds the rooms, joins the children's way and the data's way, and ends both. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #loop = new LoopClock();
  readonly #engine: RelayEngine;
  readonly #map: SharedMap;
  readonly #firewall: FirewallKeeper;
  readonly #fleet: Fleet;
  readonly #cpus: CpuKeeper;
  readonly #origins: Origins;
  readonly #owners: Owners;
  readonly #placement: Placement;
  readonly #watch: Watch;
  readonly #listeners: Listeners;
  readonly #budget: ConnectionBudget;
  readonly #hooks: Hooks;
  readonly #holds: HoldBudget;
  readonly #admin: AdminServer;
  /** The box as operators see it. */
  readonly view: AdminView;
  #state: AdminStatus['state'] = 'starting';
  #certificate: Certificate | null = null;
  #api: Api | null = null;
  /** What runs between the children and the ports. */
  #helpers: Room[] = [];
  #open: Room[] = [];
  #closing: Promise<void> | null = null;

  /** Opens what the parts have to be built on. Rejects with ERR_CONFIG for an impossible relay. */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const { config, plan, pinning, pipes } = options.prepared;
    const changes = new CpuChanges();
    const cpus = pinning === null ? [] : plan.reserved;
    // Before any thread is made: it would undo the one CPU that each relay thread takes for itself.
    if (cpus.length > 0) await pinSelf(cpus);
    const serverId = await serverIdOf(config.workDir, options.prepared.template);
    const logger = options.logger.child({ room: 'relay' });
    const engine = await openEngine({ ...config.relay, cpus, pipes, logger });
    const listeners = new Listeners();
    const record = () => boxRecord(config, serverId, listeners);
    const map = await openMap(config, record, options.logger.child({ room: 'registry' }));
    const supervisor = new Supervisor(options, { engine, serverId, listeners, map, changes });
    supervisor.#certificate = await openCertificate(config, options.logger);
    supervisor.#api = await supervisor.#makeApi(serverId);
    const parts = supervisor.#listenerParts();
    supervisor.#helpers = await addPorts(parts, listeners, supervisor.#owners, supervisor.#api);
    return supervisor;
  }

  private constructor(options: SupervisorOptions, parts: Opened) {
    const { engine, serverId, listeners, map, changes } = parts;
    this.#options = options;
    this.#engine = engine;
    this.#listeners = listeners;
    this.#map = map;
    const { prepared, logger } = options;
    const { config, template } = prepared;
    this.#budget = makeBudget(prepared, engine.threadCount, map.boxes);
    const loop = this.#loop;
    const hooks = (childId: string) => this.#hooks.planFor(childId);
    const fleetLog = logger.child({ room: 'fleet' });
    const firewall = makeFirewall(prepared, fleetLog);
    this.#firewall = firewall;
    const onPorts: FleetOptions['onPorts'] = (ports) => firewall.guard(ports);
    this.#fleet = makeFleet({ prepared, hooks, onPorts, loop, listeners, logger: fleetLog });
    const cpuLog = logger.child({ room: 'cpu' });
    this.#cpus = makeCpuKeeper(prepared, { fleet: this.#fleet, changes, logger: cpuLog });
    const about = logger.child({ room: 'origins' });
    this.#origins = makeOrigins({ config, loop, rtmp: () => this.address('rtmp'), logger: about });
    const owners = new Owners(this.#fleet, this.#origins, template.authorization);
    this.#owners = owners;
    const placing = logger.child({ room: 'placement' });
    this.#placement = makePlacement({ config, map, owners, listeners, logger: placing });
    const claims = claimsOf(this.#placement, { listeners, loop });
    this.#watch = watchOrigins(this.#origins, this.#placement, { claims, logger: about });
    this.#hooks = this.#makeHooks(serverId, claims);
    const recheck = () => this.#hooks.recheck();
    mendAfterStandstill({ loop, placement: this.#placement, recheck, logger });
    this.#holds = new HoldBudget(config.limits);
    this.view = new AdminView({
      prepared,
      engine,
      owners,
      placement: this.#placement,
      listeners,
      hooks: this.#hooks,
      holds: this.#holds,
      boxes: map.boxes,
      refusals: this.#origins.refusals,
      state: () => this.#state,
      counts: options.counts ?? (() => ({ unforeseenErrors: 0, logLinesDropped: 0 })),
      address: () => this.#admin.address(),
    });
    const shown = { view: this.view, hide: options.hide, logger: logger.child({ room: 'admin' }) };
    this.#admin = makeAdmin({ config, origins: this.#origins, ...shown });
    this.#fleet.on('down', (down) => this.#childDown(down));
    this.#origins.on('down', (down) => this.#childDown(down));
    map.boxes?.on('down', (box) => this.#placement.boxDown(box));
    map.boxes?.on('back', () => void this.#placement.renew());
  }

  /**
   * Resolves when every child that can be ready is, and clients are let in; or, when `close` is
   * called before that, as soon as nothing more is being started.
   */
  async start(): Promise<void> {
    try {
      for (const room of this.#rooms()) {
        if (this.#closing !== null) return;
        this.#open.push(room);
        await room.start();
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#closing === null) this.#state = 'ready';
  }

  /** Has ports and children go by their files as they stand now. Never rejects. */
  async reload(): Promise<void> {
    const { prepared, logger } = this.#options;
    await this.#certificate?.reload();
    const api = this.#api;
    const template = prepared.binary.kind === 'none' ? null : prepared.config.srs.template;
    if (api !== null) await reloadChildren({ reload: () => api.reload(), template, logger });
  }

  /** Has all children's output go on in new files. */
  reopenLogs(): void {
    this.#fleet.reopenLogs();
  }

  /** Lets nobody in any more; resolves when nobody is left, the limit has passed, or by the signal. */
  async drain(limitMs: number, signal: AbortSignal): Promise<void> {
    this.#state = 'draining';
    this.#budget.shut();
    // Nobody will come for whom some still wait.
    const isEmpty = () => this.#listeners.totals().connections <= this.#holds.size;
    await drained(isEmpty, limitMs, signal);
  }

  /** Lets nobody in any more, ends clients and then children; resolves when all is gone. */
  close(): Promise<void> {
    this.#state = 'draining';
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Where clients of that listener come in; null while nobody is let in, and where it is off. */
  address(name: string): AddressInfo | null {
    return this.#listeners.address(name);
  }

  /** The admin port comes first, so that a long start can be watched; clients are let in last. */
  #rooms(): Room[] {
    const { onProgress, demo = false, prepared, logger } = this.#options;
    const fleet = { start: () => this.#fleet.start(onProgress), close: () => this.#fleet.stop() };
    const placement = { start: async () => {}, close: () => this.#closePlacement() };
    const listeners = Array.from(this.#listeners, ({ listener }) => listener);
    // The other boxes hear of us when our ports are open, and that we go before these close.
    const boxes = this.#map.boxes === null ? [] : [this.#map.boxes];
    const fixed = fixedOrigins(this.#origins, prepared.config.origins);
    const origins = [this.#origins, this.#watch, fixed];
    const before = [this.#loop, this.#admin, placement, this.#hooks, ...origins, this.#firewall];
    const heap = new HeapKeeper(this.#engine, logger.child({ room: 'heap' }));
    const rooms: Room[] = [...before, fleet, this.#cpus];
    rooms.push(...this.#helpers, heap, ...listeners, ...boxes);
    if (!demo) return rooms;
    const bound = () => this.address('rtmp');
    const demoLog = logger.child({ room: 'demo' });
    return [...rooms, new DemoRoom(prepared.config.listen.rtmp, bound, demoLog)];
  }

  async #closePlacement(): Promise<void> {
    await this.#placement.close();
    await this.#map.registry.close();
  }

  async #close(): Promise<void> {
    const { logger } = this.#options;
    // One that does not close well may not keep the others, and the children, from ending.
    for (const room of this.#open.splice(0).reverse()) {
      await room.close().catch(({ stack }: Error) => logger.error({ stack }, 'not closed well'));
    }
    this.#certificate?.close();
    await this.#engine.close();
  }

  /** Clients of a child that is gone are closed at once, and its streams can be placed elsewhere. */
  #childDown(down: ChildDown): void {
    const { id, reason } = down;
    void this.#placement.childDown(down);
    this.#hooks.childDown(down);
    this.#listeners.endOf(down, `child ${id} is gone: ${reason}`);
  }

  #listenerParts(): ListenerParts {
    const { prepared, logger } = this.#options;
    const { maxConnections } = prepared.config.children;
    const { secret } = prepared.config.cluster;
    const { boxes } = this.#map;
    const rooms = { owners: this.#owners, watch: this.#watch, placement: this.#placement, boxes };
    const stirred = (childId: string) => this.#api?.stir(childId);
    const parts = { ...rooms, secret, maxConnections, stirred };
    return {
      prepared,
      engine: this.#engine,
      routing: new Routing(parts),
      boxes,
      aliases: new AliasBook(),
      budget: this.#budget,
      holds: this.#holds,
      heldHooks: this.#hooks.held,
      certificate: this.#certificate,
      logger,
    };
  }

  #makeHooks(serverId: string, claims: Claims): Hooks {
    const { prepared, logger } = this.#options;
    return makeHooks(prepared, {
      serverId,
      fleet: this.#fleet,
      claims,
      clientOf: (alias) => this.#listeners.addressOf(alias),
      heard: (client: ClientRef, publicId) => this.#api?.noteClient(client, publicId),
      stirred: (childId) => this.#api?.stir(childId),
      logger: logger.child({ room: 'hooks' }),
    });
  }

  #makeApi(serverId: string): Promise<Api> {
    const { boxes } = this.#map;
    const endHeld = (id: string) => this.#hooks.held.end(id);
    const children = { fleet: this.#fleet, owners: this.#owners, placement: this.#placement };
    const rooms = { ...children, listeners: this.#listeners, boxes, endHeld };
    return makeApi({ ...this.#options, serverId, ...rooms });
  }
}

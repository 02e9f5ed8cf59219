import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AdminServer } from './admin/server.js';
import type { AdminSource, AdminStatus, ChildRow, ListenerRow } from './admin/types.js';
import { confOptions, type Prepared } from './check/prepared.js';
import type { ChildDown } from './child/child.js';
import { Fleet } from './child/fleet.js';
import { formatAddress } from './config/address.js';
import type { Address } from './config/config.js';
import { pinSelf } from './cpu/affinity.js';
import { DemoPublisher } from './demo/publisher.js';
import type { ConnectionRow, Front } from './listener/front.js';
import type { Route } from './listener/route.js';
import { type FrontMaker, frontMaker } from './listener/rtmp/front-maker.js';
import type { Logger } from './logger.js';
import { Placement } from './placement/placement.js';
import type { Candidate, StreamStatus } from './placement/types.js';
import { MemoryRegistry } from './registry/memory.js';
import { openEngine } from './relay/engine.js';
import type { RelayEngine } from './relay/relay.js';
import type { Role, StreamKey } from './stream-key.js';
import { PACKAGE_ROOT, VERSION } from './version.js';

export interface SupervisorOptions {
  readonly prepared: Prepared;
  readonly logger: Logger;
  /** Told how many children are done with starting. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Publish our clip as `live/demo`. */
  readonly demo?: boolean;
}

/** What is started in its turn, and closed in the reverse one. */
interface Room {
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The whole box: builds the rooms, joins the children's way and the data's way, and ends both. */
export class Supervisor implements AdminSource {
  readonly #options: SupervisorOptions;
  readonly #engine: RelayEngine;
  readonly #registry = new MemoryRegistry();
  readonly #fleet: Fleet;
  readonly #placement: Placement;
  readonly #rtmp: Front;
  readonly #admin: AdminServer;
  readonly #startedAt = performance.now();
  #state: AdminStatus['state'] = 'starting';
  #open: Room[] = [];
  #closing: Promise<void> | null = null;

  /** Opens what the parts have to be built on. Rejects with ERR_CONFIG for an impossible relay. */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const { config, plan, pinning } = options.prepared;
    const cpus = pinning === null ? [] : plan.reserved;
    // Before any thread is made: it would undo the one CPU that each relay thread takes for itself.
    if (cpus.length > 0) await pinSelf(cpus);
    const logger = options.logger.child({ room: 'relay' });
    const engine = await openEngine({ ...config.relay, cpus, logger });
    return new Supervisor(options, engine, await frontMaker(engine));
  }

  private constructor(options: SupervisorOptions, engine: RelayEngine, makeFront: FrontMaker) {
    this.#options = options;
    this.#engine = engine;
    const { logger } = options;
    this.#fleet = this.#makeFleet();
    this.#placement = new Placement({
      registry: this.#registry,
      candidates: () => this.#candidates(),
      logger: logger.child({ room: 'placement' }),
    });
    this.#rtmp = this.#makeRtmp(makeFront);
    const { listen, admin } = options.prepared.config;
    this.#admin = new AdminServer({
      address: listen.admin,
      token: admin.token,
      logger: logger.child({ room: 'admin' }),
      source: this,
    });
    this.#fleet.on('down', (down) => this.#childDown(down));
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

  /** Lets nobody in any more, ends clients and then children; resolves when all is gone. */
  close(): Promise<void> {
    this.#state = 'draining';
    this.#closing ??= this.#close();
    return this.#closing;
  }

  status(): AdminStatus {
    const { binary } = this.#options.prepared;
    const children = this.#fleet.statuses();
    const { connections, bytesIn, bytesOut } = this.#rtmp.summary();
    return {
      state: this.#state,
      version: VERSION,
      pid: process.pid,
      uptimeSeconds: Math.floor((performance.now() - this.#startedAt) / 1000),
      srs: { kind: binary.kind, version: binary.version, path: binary.path },
      relay: { engine: this.#engine.name, threads: this.#engine.threadCount },
      listeners: this.#listeners(),
      children: {
        total: this.#options.prepared.plan.children.length,
        ready: children.filter(({ state }) => state === 'ready').length,
      },
      streams: this.#placement.list().length,
      connections,
      bytesIn,
      bytesOut,
    };
  }

  /** Where clients come in; null while nobody is let in. */
  rtmpAddress(): AddressInfo | null {
    return this.#rtmp.address();
  }

  children(): ChildRow[] {
    return this.#fleet
      .statuses()
      .map((status) => ({ ...status, ...this.#placement.counts(status.id) }));
  }

  async streams(): Promise<StreamStatus[]> {
    return this.#placement.list();
  }

  connections(): Promise<ConnectionRow[]> {
    return this.#rtmp.rows();
  }

  #listeners(): ListenerRow[] {
    const rtmp = this.#rtmp.address();
    const { counters } = this.#rtmp.summary();
    const admin = listenerRow('admin', this.#admin.address());
    return rtmp === null ? [admin] : [{ ...listenerRow('rtmp', rtmp), clients: counters }, admin];
  }

  /** The admin port comes first, so that a long start can be watched; clients are let in last. */
  #rooms(): Room[] {
    const { onProgress, demo = false } = this.#options;
    const fleet = { start: () => this.#fleet.start(onProgress), close: () => this.#fleet.stop() };
    const placement = { start: async () => {}, close: () => this.#closePlacement() };
    const rooms: Room[] = [this.#admin, placement, fleet, this.#rtmp];
    return demo ? [...rooms, this.#demoRoom()] : rooms;
  }

  async #closePlacement(): Promise<void> {
    await this.#placement.close();
    await this.#registry.close();
  }

  async #close(): Promise<void> {
    for (const room of this.#open.splice(0).reverse()) await room.close();
    await this.#engine.close();
  }

  /** Clients of a child that is gone are closed at once, and its streams can be placed elsewhere. */
  #childDown(down: ChildDown): void {
    const { id, reason } = down;
    const { logger } = this.#options;
    this.#placement
      .childDown(down)
      .catch((error: unknown) => logger.error({ child: id, err: error }, 'claims not released'));
    this.#rtmp.endOf(down, `child ${id} is gone: ${reason}`);
  }

  async #route(stream: StreamKey, role: Role): Promise<Route | null> {
    const hold = await this.#placement.acquire(stream, role);
    if (hold === null) return null;
    const { owner } = hold;
    const child = this.#fleet.status(owner.id);
    if (child !== null && !this.#isFull(owner.id)) {
      const release = () => hold.release();
      return { owner, host: '127.0.0.1', ports: child.ports, release };
    }
    hold.release();
    return null;
  }

  /** SRS accepts nothing at all any more once it has refused one connection: it must never come to it. */
  #isFull(childId: string): boolean {
    const { maxConnections } = this.#options.prepared.config.children;
    return this.#placement.counts(childId).clients > maxConnections;
  }

  #candidates(): Candidate[] {
    const { maxConnections } = this.#options.prepared.config.children;
    const { traffic } = this.#rtmp.summary();
    return this.#fleet.statuses().map(({ id, generation, state, answering, cpu }) => {
      const { streams, clients } = this.#placement.counts(id);
      const { bitrate = 0 } = traffic.get(id) ?? {};
      const open = state === 'ready' && answering;
      const alive = state === 'ready' || state === 'draining';
      const load = { cpu, connections: clients, maxConnections, streams, bitrate };
      return { id, generation, alive, open, ...load };
    });
  }

  #makeFleet(): Fleet {
    const { config, env, binary, plan, pinning } = this.#options.prepared;
    const { portBase } = config.children;
    const cpus = plan.children.map((child) => child.cpus);
    const files = { workDir: config.workDir, env, portBase };
    const conf = confOptions(this.#options.prepared);
    const logger = this.#options.logger.child({ room: 'fleet' });
    return new Fleet({ binary, cpus, pinning, logger, conf, ...files });
  }

  #makeRtmp(makeFront: FrontMaker): Front {
    const { config, connections, vhosts } = this.#options.prepared;
    const { connectionsPerIp, identifySeconds } = config.limits;
    return makeFront({
      address: config.listen.rtmp,
      limits: { connections, connectionsPerIp },
      route: (stream, role) => this.#route(stream, role),
      vhosts,
      identifyMs: identifySeconds * 1000,
      server: { name: 'srs-supervisor', version: VERSION, pid: process.pid },
      logger: this.#options.logger.child({ room: 'rtmp' }),
    });
  }

  /** Publishes through the RTMP port as any client does, so it can only be made when that is open. */
  #demoRoom(): Room {
    let publisher: DemoPublisher | null = null;
    const start = async () => {
      const clipPath = join(PACKAGE_ROOT, 'examples', 'demo.flv');
      const { port = 0 } = this.#rtmp.address() ?? {};
      const target = { host: localHost(this.#options.prepared.config.listen.rtmp), port };
      const logger = this.#options.logger.child({ room: 'demo' });
      publisher = new DemoPublisher({ ...target, app: 'live', stream: 'demo', clipPath, logger });
      await publisher.start();
    };
    return { start, close: async () => publisher?.close() };
  }
}

/** Where this machine reaches a listener of its own. */
function localHost({ host }: Address): string {
  return host === undefined || host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
}

function listenerRow(name: string, { address: host, port }: AddressInfo): ListenerRow {
  return { name, transport: 'tcp', address: formatAddress({ host, port }) };
}

/**
 * The room `child/`: one SRS process through its lives; the fleet of them, their files and CPUs.
 * May import: child-access, clock, config, cpu, logging, protocol, srs-conf, system.
 */

import { EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import { LoopClock } from '../clock/loop.js';
import { childId } from '../cpu/plan.js';
import { messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { Child } from './child.js';
import type { ConfOptions } from './conf-plan.js';
import { dutiesOf, ingesterAmong } from './duties.js';
import { childEnvironment } from './environment.js';
import type { FleetOptions } from './fleet-options.js';
import { GivenUp } from './given-up.js';
import { removeLeftovers, removeMedia } from './leftovers.js';
import { noneReady } from './none-ready.js';
import { OrphanReaper } from './orphans.js';
import { ephemeralOverlap, leasePorts } from './ports.js';
import type { ChildSetup } from './setup.js';
import { guardPrefix } from './spawn.js';
import { testConf } from './test-conf.js';
import { PROBE_TIMES } from './times.js';
import type { ChildDown, ChildStatus } from './types.js';
import { UsageMeter } from './usage.js';
import { openWorkDir, type WorkDir } from './workdir.js';

interface FleetEvents {
  ready: [ChildStatus];
  down: [ChildDown];
}

/** Milliseconds before SIGKILL: SRS takes up to 1.1 s for a SIGTERM. */
const STOP_GRACE_MS = 2_000;

/**
 * All children. Emits `ready` for each process that serves, and `down` at the moment when one ends
 * or is given up.
 */
export class Fleet extends EventEmitter<FleetEvents> {
  readonly #options: FleetOptions;
  readonly #logger: Logger;
  readonly #children = new Map<string, Child>();
  /** Used if no clock was given. */
  readonly #ownLoop = new LoopClock();
  #conf: ConfOptions;
  #ingester = ingesterAmong([]);
  #workDir: WorkDir | null = null;
  #meter: UsageMeter | null = null;
  #reaper: OrphanReaper | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: FleetOptions) {
    super();
    this.#options = options;
    this.#conf = options.conf;
    this.#logger = options.logger ?? silentLogger;
  }

  /**
   * Starts all children, several at a time. Resolves when each is ready or given up for now. If
   * none is ready, stops all and rejects: ERR_CHILD_CONFIG, ERR_CHILD_START, ERR_LOCKED,
   * ERR_CONFIG. Calls `onProgress` with the number that is done.
   */
  async start(onProgress: (done: number, total: number) => void = () => {}): Promise<void> {
    this.#starting = this.#start(onProgress);
    try {
      await this.#starting;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Writes every child's config with other options; children read it when they reload. */
  async rewrite(conf: ConfOptions): Promise<void> {
    this.#conf = conf;
    for (const child of this.#children.values()) await child.writeConf();
  }

  /**
   * Stops new streams of a child, over restarts too, until `undrain`. The child is `draining`: it
   * serves its streams and new players of them. Returns false if there is no such child.
   */
  drain(id: string): boolean {
    const child = this.#children.get(id);
    child?.drain();
    return child !== undefined;
  }

  /** Allows new streams again. Returns false if there is no such child. */
  undrain(id: string): boolean {
    const child = this.#children.get(id);
    child?.undrain();
    return child !== undefined;
  }

  /** Opens the children's log files anew. */
  reopenLogs(): void {
    for (const child of this.#children.values()) child.reopenLog();
  }

  /** Returns the children in the order of their ids. */
  statuses(): ChildStatus[] {
    return [...this.#children.values()].map((child) => this.#status(child));
  }

  status(id: string): ChildStatus | null {
    const child = this.#children.get(id);
    return child === undefined ? null : this.#status(child);
  }

  /** Reads the CPUs of `count` children from index `from` on, one after another. */
  async readCpus(from = 0, count = Number.POSITIVE_INFINITY): Promise<void> {
    const children = [...this.#children.values()].slice(from, from + count);
    for (const child of children) await child.readCpus();
  }

  /** Pins the running children to other CPUs, in the order of their ids. */
  async repin(cpus: readonly (readonly number[])[]): Promise<void> {
    const children = [...this.#children.values()];
    for (const [index, child] of children.entries()) await child.repin(cpus[index] ?? []);
  }

  /** Stops all children, by force after 2 s. Resolves when none is left. */
  close(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #status(child: Child): ChildStatus {
    return child.status(this.#meter?.of(child.pid));
  }

  async #start(onProgress: (done: number, total: number) => void): Promise<void> {
    const { workDir: path } = this.#options;
    this.#workDir = await openWorkDir(path);
    const killed = await removeLeftovers(this.#workDir);
    if (killed > 0) this.#logger.warn({ killed }, 'killed children of a supervisor that is gone');
    await removeMedia(this.#workDir);
    const setup = await this.#setup(this.#workDir);
    await this.#create(setup);
    await this.#tellPorts();
    await this.#testConf(setup);
    this.#meter = new UsageMeter(() => this.#pids());
    if (process.pid === 1) this.#reaper = await OrphanReaper.open(this.#logger);
    await this.#startInWaves(onProgress);
    this.#requireOne();
  }

  async #setup(workDir: WorkDir): Promise<ChildSetup> {
    const { binary, portBase, hooks = () => null, log = {} } = this.#options;
    const { pinning = null, guard = true, times, cpus } = this.#options;
    const { loop = this.#ownLoop, sends = () => false } = this.#options;
    const { maxHungPercent = 100 } = this.#options;
    const givenUp = new GivenUp(cpus.length, maxHungPercent);
    if (loop === this.#ownLoop) await loop.start();
    const env = childEnvironment(this.#options.env);
    return {
      binary,
      workDir,
      portBase,
      conf: () => this.#conf,
      hooks,
      duties: (childId) => dutiesOf(childId, this.#ingester),
      env,
      guard: guard ? await guardPrefix(env) : [],
      asprocess: guard && process.pid !== 1,
      pinning,
      times: { ...PROBE_TIMES, ...times },
      log,
      logger: this.#logger,
      watching: (id) => ({ loop, sends: () => sends(id), mayGiveUp: () => givenUp.add(id) }),
      renewFiles: () => this.#renewFiles(workDir),
      onReady: (status) => {
        givenUp.delete(status.id);
        this.emit('ready', status);
        this.#appointIngester();
      },
      onDown: (down) => {
        this.emit('down', down);
        this.#appointIngester();
      },
      onMoved: () => this.#tellPorts(),
    };
  }

  /**
   * Renews removed files. The running children's files are written, too: a later supervisor and a
   * reload read them.
   */
  async #renewFiles(workDir: WorkDir): Promise<void> {
    if (!(await workDir.renew())) return;
    const text = 'workDir was removed while in use and is made again: leave it while we run';
    this.#logger.warn({ path: workDir.path }, text);
    for (const child of this.#children.values()) await child.writeFiles();
  }

  /**
   * Moves `ingest` from a child that is down to another by a reload; the first returns without it.
   */
  #appointIngester(): void {
    const next = ingesterAmong(this.statuses(), this.#ingester);
    if (next === this.#ingester || this.#stopping !== null) return;
    this.#ingester = next;
    if (!this.#conf.template.vhosts.some(({ hasIngest }) => hasIngest)) return;
    this.#logger.info({ child: next }, 'ingest moves to another child');
    this.#children
      .get(next)
      ?.reload()
      .catch((error: unknown) => {
        const fields = { child: next, reason: messageOf(error) };
        this.#logger.warn(fields, 'ingest stands still until the child restarts');
      });
  }

  async #create(setup: ChildSetup): Promise<void> {
    const { cpus, portBase } = this.#options;
    const leases = await leasePorts(cpus.length, portBase);
    const overlap = await ephemeralOverlap(leases);
    if (overlap !== null) this.#logger.warn(overlap);
    for (const [index, lease] of leases.entries()) {
      const id = childId(index);
      this.#children.set(id, new Child({ id, cpus: cpus[index] ?? [], lease }, setup));
    }
  }

  async #tellPorts(): Promise<void> {
    await this.#options.onPorts?.(this.statuses().map(({ ports }) => ports));
  }

  /** Tests one config: the configs differ in nothing that could be wrong in one of them only. */
  async #testConf({ binary, env }: ChildSetup): Promise<void> {
    const [first] = this.#children.values();
    if (first !== undefined) await testConf(binary, await first.writeConf(), env);
  }

  async #startInWaves(onProgress: (done: number, total: number) => void): Promise<void> {
    const children = [...this.#children.values()];
    const waiting = children.values();
    let done = 0;
    const startOneByOne = async () => {
      for (const child of waiting) {
        if (this.#stopping !== null) return;
        await child.start();
        onProgress(++done, children.length);
      }
    };
    const width = this.#options.wave ?? Math.max(8, 2 * availableParallelism());
    await Promise.all(Array.from({ length: width }, startOneByOne));
  }

  #requireOne(): void {
    const workDir = this.#workDir;
    if (this.#stopping !== null || workDir === null) return;
    const error = noneReady(this.statuses(), (id) => workDir.log(id));
    if (error !== null) throw error;
  }

  async #stop(): Promise<void> {
    const stopAll = () => [...this.#children.values()].map((child) => child.stop(STOP_GRACE_MS));
    await Promise.all(stopAll());
    // A start in progress may have created another child meanwhile.
    await this.#starting?.catch(() => {});
    await Promise.all(stopAll());
    this.#meter?.close();
    await this.#reaper?.close();
    await this.#ownLoop.close();
    await Promise.all([...this.#children.values()].map((child) => child.release()));
    if (this.#workDir === null) return;
    await removeMedia(this.#workDir).catch((error: unknown) =>
      this.#logger.warn(
        { reason: messageOf(error) },
        'HLS files not removed: the next start tries',
      ),
    );
    await this.#workDir.release();
  }

  #pids(): number[] {
    return [...this.#children.values()].flatMap(({ pid }) => pid ?? []);
  }
}

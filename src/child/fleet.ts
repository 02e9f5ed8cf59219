/**
 * The room `child/`: one SRS process through its lives; the fleet of them, their files and CPUs.
 * May import: child-access, clock, config, cpu, logging, protocol, srs-conf, system.
 */

import { EventEmitter } from 'node:events';
import { LoopClock } from '../clock/loop.js';
import { childId } from '../cpu/plan.js';
import { messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { Care } from './care.js';
import type { Child } from './child.js';
import { Children } from './children.js';
import type { ConfOptions } from './conf-plan.js';
import type { FleetEvents, FleetOptions } from './fleet-options.js';
import { makeSetup } from './fleet-setup.js';
import { Ingest } from './ingest.js';
import type { KeptFleet } from './kept.js';
import { clearWorkDir, removeMedia } from './leftovers.js';
import { noneReady } from './none-ready.js';
import { OrphanReaper } from './orphans.js';
import type { ChildSetup } from './setup.js';
import { StartWave } from './start-wave.js';
import { testConf } from './test-conf.js';
import type { ChildStatus } from './types.js';
import { UsageMeter } from './usage.js';
import { openWorkDir, type WorkDir } from './workdir.js';

/** Milliseconds before SIGKILL: SRS takes up to 1.1 s for a SIGTERM. */
const STOP_GRACE_MS = 2_000;

/**
 * All children. Emits `ready` for each process that serves, and `down` at the moment when one ends
 * or is given up.
 */
export class Fleet extends EventEmitter<FleetEvents> {
  readonly #options: FleetOptions;
  readonly #logger: Logger;
  readonly #children: Children;
  /** Used if no clock was given. */
  readonly #ownLoop = new LoopClock();
  readonly #ingest: Ingest;
  readonly #wave: StartWave;
  /** Which children are out; a reload renews its rules. */
  readonly care: Care;
  #conf: ConfOptions;
  #setup: ChildSetup | null = null;
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
    const { loop = this.#ownLoop } = options;
    this.#children = new Children({ ...options, logger: this.#logger });
    this.#wave = new StartWave({ width: options.wave, loop, logger: this.#logger });
    const told = { statuses: () => this.statuses(), logger: this.#logger };
    const pidOf = (id: string) => this.#children.get(id)?.pid ?? null;
    this.care = new Care(options, { loop, pidOf, ...told });
    this.#ingest = new Ingest({
      isUsed: () => this.#conf.template.vhosts.some(({ hasIngest }) => hasIngest),
      reload: async (id) => this.#children.get(id)?.reload(),
      ...told,
    });
  }

  /**
   * Starts all children, several at a time. Resolves when each is ready or given up for now, and
   * does not wait long for a few that are neither. If none is ready, stops all and rejects:
   * ERR_CHILD_CONFIG, ERR_CHILD_START, ERR_LOCKED, ERR_CONFIG. Calls `onProgress` with the number
   * that is done.
   */
  async start(onProgress: (done: number, total: number) => void = () => {}): Promise<void> {
    this.#starting = this.#start(onProgress);
    try {
      await this.#starting;
    } catch (error) {
      if (!this.#options.kept) await this.close();
      throw error;
    }
  }

  /** Writes every child's config with other options; children read it when they reload. */
  async rewrite(conf: ConfOptions): Promise<void> {
    this.#conf = conf;
    for (const child of this.#children) await child.writeConf();
  }

  /**
   * Stops new streams of a child, over restarts too, until `undrain`. The child is `draining`: it
   * serves its streams and new players of them. Returns false if there is no such child.
   */
  drain(id: string, why?: string): boolean {
    const child = this.#children.get(id);
    child?.drain(why);
    return child !== undefined;
  }

  /**
   * Allows new streams again: of a child that was drained, is ejected, or stays out as broken,
   * which is started. Returns false if there is no such child.
   */
  undrain(id: string): boolean {
    const child = this.#children.get(id);
    this.care.pardon(id);
    child?.undrain();
    return child !== undefined;
  }

  /** Notes that a client could not connect to a child. */
  suspect(ref: OwnerRef): void {
    if (this.#children.get(ref.id) !== undefined) this.care.suspect(ref);
  }

  /** Returns whether a child gets no new streams, in later generations either. */
  isDrained(id: string): boolean {
    return this.#children.get(id)?.isDrained ?? false;
  }

  /**
   * Ends a child's process, by force after 2 s, and starts the next one. Its clients are closed,
   * and the log gives `reason` for it. Resolves, never rejects, when the child is ready or given up
   * for now.
   */
  async restart(id: string, reason: string): Promise<void> {
    const child = this.#children.get(id);
    if (this.#stopping !== null) return;
    await child?.stop(STOP_GRACE_MS, reason);
    if (this.#stopping === null && child?.status().state === 'stopped') await child.start();
  }

  /**
   * Makes further children with these CPUs and starts none; returns their ids. Rejects with
   * ERR_CONFIG, and makes none, if there are no ports for them.
   */
  async add(cpus: FleetOptions['cpus']): Promise<string[]> {
    const setup = this.#setup;
    if (setup === null || this.#stopping !== null) return [];
    return this.#children.make(setup, cpus);
  }

  /** Starts a child that was added. Resolves, never rejects, as `restart` does. */
  async startAdded(id: string): Promise<void> {
    const child = this.#children.get(id);
    if (this.#stopping === null && child !== undefined) await this.#wave.start(child);
  }

  /** Ends the last children, by force after 2 s, and forgets them. `ids` must be the last ones. */
  async remove(ids: readonly string[]): Promise<void> {
    const children = ids.flatMap((id) => this.#children.get(id) ?? []);
    await Promise.all(children.map((child) => child.stop(STOP_GRACE_MS, 'it is removed')));
    if (this.#stopping !== null) return;
    for (const { id } of children) {
      this.care.back(id);
      await this.#children.forget(id);
    }
    await this.#children.tellPorts();
  }

  /**
   * Writes a child's config and has SRS test it, as its next start would. Rejects with
   * ERR_CHILD_CONFIG if SRS refuses.
   */
  async prove(id: string): Promise<void> {
    const [child, setup] = [this.#children.get(id), this.#setup];
    if (child === undefined || setup === null) return;
    await setup.renewFiles();
    await testConf(setup.binary, await child.writeConf(), { env: setup.env });
  }

  /** Opens the children's log files anew. */
  reopenLogs(): void {
    for (const child of this.#children) child.reopenLog();
  }

  /** Returns the children in the order of their ids. */
  statuses(): ChildStatus[] {
    return Array.from(this.#children, (child) => this.#status(child));
  }

  status(id: string): ChildStatus | null {
    const child = this.#children.get(id);
    return child === undefined ? null : this.#status(child);
  }

  /** Reads the CPUs of `count` children from index `from` on, one after another. */
  async readCpus(from = 0, count = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#children.readCpus(from, count);
  }

  /** Pins the running children to other CPUs, in the order of their ids. */
  async repin(cpus: readonly (readonly number[])[]): Promise<void> {
    await this.#children.repin(cpus);
  }

  /** Returns what outlives the program. The children's output is read no more. */
  async give(): Promise<KeptFleet> {
    return { children: await this.#children.give(), beatSecret: this.care.beatSecret };
  }

  /** Stops all children, by force after 2 s. Resolves when none is left. */
  close(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #status(child: Child): ChildStatus {
    return child.status(this.#meter?.of(child.pid), this.care.ejectionOf(child));
  }

  async #start(onProgress: (done: number, total: number) => void): Promise<void> {
    const { workDir: path } = this.#options;
    this.#workDir = await openWorkDir(path);
    const { kept = null } = this.#options;
    if (kept === null) await clearWorkDir(this.#workDir, this.#logger);
    this.#setup = await this.#makeSetup(this.#workDir);
    if (kept !== null) await this.#children.adopt(this.#setup, kept.children);
    else await this.#children.make(this.#setup, this.#options.cpus);
    // The configs differ in nothing that could be wrong in one of them only.
    if (kept === null) await this.prove(childId(0));
    this.#meter = new UsageMeter(this.#children, (pid) => this.care.still(pid));
    if (process.pid === 1) this.#reaper = await OrphanReaper.open(this.#logger);
    if (kept === null) {
      await this.#wave.startAll(this.#children, onProgress, () => this.#stopping === null);
    }
    this.#requireOne();
    this.care.start();
  }

  async #makeSetup(workDir: WorkDir): Promise<ChildSetup> {
    if (this.#options.loop === undefined) await this.#ownLoop.start();
    return makeSetup(this.#options, {
      workDir,
      care: this.care,
      ingester: () => this.#ingest.ingester,
      conf: () => this.#conf,
      logger: this.#logger,
      renewFiles: () => this.#renewFiles(workDir),
      onReady: (status) => {
        this.#wave.done(status.id);
        this.care.back(status.id);
        this.emit('ready', status);
        if (this.#stopping === null) this.#ingest.appoint();
      },
      onDown: (down) => {
        this.#wave.done(down.id);
        this.emit('down', down);
        if (this.#stopping === null) this.#ingest.appoint();
      },
      onMoved: () => this.#children.tellPorts(),
    });
  }

  /**
   * Renews removed files. The running children's files are written, too: a later supervisor and a
   * reload read them.
   */
  async #renewFiles(workDir: WorkDir): Promise<void> {
    if (!(await workDir.renew())) return;
    const text = 'workDir was removed while in use and is made again: leave it while we run';
    this.#logger.warn({ path: workDir.path }, text);
    for (const child of this.#children) await child.writeFiles();
  }

  #requireOne(): void {
    const workDir = this.#workDir;
    if (this.#stopping !== null || workDir === null) return;
    const error = noneReady(this.statuses(), (id) => workDir.log(id));
    if (error !== null) throw error;
  }

  async #stop(): Promise<void> {
    const stopAll = () => [...this.#children].map((child) => child.stop(STOP_GRACE_MS));
    await Promise.all(stopAll());
    // A start in progress may have created another child meanwhile.
    await this.#starting?.catch(() => {});
    await Promise.all(stopAll());
    this.#meter?.close();
    this.care.close();
    await this.#reaper?.close();
    await this.#ownLoop.close();
    await Promise.all([...this.#children].map((child) => child.release()));
    if (this.#workDir === null) return;
    await removeMedia(this.#workDir).catch((error: unknown) => {
      const reason = messageOf(error);
      this.#logger.warn({ reason }, 'HLS files not removed: the next start tries');
    });
    await this.#workDir.release();
  }
}

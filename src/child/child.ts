import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { countFailure, restartDelay } from './backoff.js';
import { writeConf } from './conf-file.js';
import { forgetChild, recordChild } from './leftovers.js';
import { beginLife, type Life, type LifeEnd, notBegun } from './life.js';
import { ChildLog } from './log.js';
import { leasePorts, type PortLease } from './ports.js';
import type { ChildSetup, ChildSpec } from './setup.js';
import { move } from './state.js';
import { type ChildHealth, type ChildState, type ChildStatus, isServing } from './types.js';
import { NO_USAGE, type Usage } from './usage.js';

/** Failed starts after which `start` stops waiting; the child keeps trying. */
const PATIENCE = 3;

/** One child through all its generations. */
export class Child {
  readonly id: string;
  readonly #setup: ChildSetup;
  #wantedCpus: readonly number[];
  readonly #log: ChildLog;
  readonly #logger: Logger;
  #lease: PortLease;
  #state: ChildState = 'starting';
  #life: Life | null = null;
  #cpus: readonly number[] = [];
  #generation = 0;
  #health: ChildHealth = 'ok';
  #isDrained = false;
  /** Why it was told to stop; null: it was not. */
  #stopReason: string | null = null;
  #restarts = 0;
  #failures = 0;
  #readyAt = Infinity;
  #lastError: string | null = null;
  #asked = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #recorded: Promise<void> = Promise.resolve();
  #settle: () => void = () => {};

  constructor(spec: ChildSpec, setup: ChildSetup) {
    this.id = spec.id;
    this.#setup = setup;
    this.#wantedCpus = spec.cpus;
    this.#lease = spec.lease;
    this.#generation = spec.generation ?? 0;
    this.#logger = setup.logger.child({ child: spec.id });
    const prepare = setup.renewFiles;
    const log = { logger: this.#logger, prepare, ...setup.log };
    this.#log = new ChildLog(setup.workDir.log(spec.id), log);
  }

  /** Null while no process runs. */
  get pid(): number | null {
    return this.#life?.pid ?? null;
  }

  /**
   * Starts the child, and restarts it whenever it dies. Resolves, never rejects, when it is ready,
   * broken or stopped, or when waiting longer makes no sense.
   */
  start(): Promise<void> {
    if (this.#state !== 'starting') this.#state = move(this.#state, 'starting');
    this.#asked = new AbortController();
    this.#stopReason = null;
    this.#failures = 0;
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#running = this.#run(this.#asked.signal);
    });
  }

  /**
   * Sends SIGTERM, and SIGKILL after `graceMs`. Resolves when the process has ended. `reason` is
   * told in place of how it ended.
   */
  async stop(graceMs: number, reason: string | null = null): Promise<void> {
    this.#stopReason ??= reason;
    this.#asked.abort();
    if (this.#state === 'starting' || isServing(this.#state)) this.#to('stopping');
    this.#life?.kill('SIGTERM');
    const force = setTimeout(() => this.#life?.kill('SIGKILL'), graceMs);
    await this.#running;
    clearTimeout(force);
    if (this.#state !== 'stopped') this.#to('stopped');
    this.#settle();
    await this.#log.close();
  }

  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** Stops new streams, in later generations too, until `undrain`; present streams continue. */
  drain(): void {
    this.#isDrained = true;
    if (this.#state === 'ready') this.#to('draining');
  }

  undrain(): void {
    this.#isDrained = false;
    if (this.#state === 'draining') this.#to('ready');
  }

  /** See `ChildLog.reopen`. */
  reopenLog(): void {
    this.#log.reopen();
  }

  /** Releases its ports, after a final `stop`. */
  release(): Promise<void> {
    return this.#lease.release();
  }

  status(usage: Usage = NO_USAGE): ChildStatus {
    return {
      id: this.id,
      pid: this.pid,
      cpus: this.#cpus,
      state: this.#state,
      answering: this.#health === 'ok',
      health: this.#health,
      ports: this.#lease.ports,
      generation: this.#generation,
      restarts: this.#restarts,
      cpu: usage.cpu,
      rss: usage.rss,
      lastError: this.#lastError,
    };
  }

  async #run(asked: AbortSignal): Promise<void> {
    while (!asked.aborted) {
      const end = await this.#live(asked);
      if (asked.aborted) return;
      if (end.kind === 'broken') return this.#break();
      this.#failures = countFailure(this.#failures, performance.now() - this.#readyAt);
      if (end.kind === 'late' || this.#failures >= PATIENCE) this.#settle();
      const wait = restartDelay(this.#failures, Math.random());
      this.#logger.warn({ reason: end.reason, wait: Math.round(wait) }, 'child will start again');
      await delay(wait, undefined, { signal: asked }).catch(() => {});
      if (asked.aborted) return;
      this.#restarts++;
      this.#to('starting');
    }
  }

  /** Runs one process, from its config to its end as confirmed by the system. */
  async #live(asked: AbortSignal): Promise<LifeEnd> {
    this.#generation++;
    this.#readyAt = Infinity;
    const life = await this.#begin().catch(notBegun);
    if ('kind' in life) return this.#down(life);
    if (asked.aborted) life.kill('SIGTERM');
    const end = this.#down(await life.over);
    life.kill('SIGKILL');
    await life.exited;
    this.#life = null;
    this.#cpus = [];
    await this.#recorded;
    await forgetChild(this.#setup.workDir, this.id).catch((error: unknown) =>
      this.#logger.warn({ reason: messageOf(error) }, 'record of the child not removed'),
    );
    return end;
  }

  async #begin(): Promise<Life> {
    const { binary, workDir, guard, env, times } = this.#setup;
    const onHealth = (health: ChildHealth) => {
      this.#health = health;
    };
    onHealth('ok');
    await this.#setup.renewFiles();
    await this.#provePorts();
    await this.writeConf();
    const pin = this.#wantedCpus.length > 0 ? this.#setup.pinning?.prefix(this.#wantedCpus) : [];
    const argv = [...guard, ...(pin ?? []), ...binary.command, '-c', workDir.conf(this.id)];
    const life = await beginLife(
      {
        spawn: { argv, cwd: workDir.path, env },
        ports: this.#lease.ports,
        authorization: this.#setup.conf().template.authorization,
        times,
        log: this.#log,
        watching: { ...this.#setup.watching(this.id), onHealth, logger: this.#logger },
      },
      (pid) => this.#ready(pid),
    );
    this.#life = life;
    this.#recorded = this.#record(life.pid);
    return life;
  }

  #record(pid: number): Promise<void> {
    return recordChild(this.#setup.workDir, this.id, pid).catch((error: unknown) =>
      this.#logger.warn(
        { reason: messageOf(error) },
        'child not recorded: it may be left running should the supervisor be killed',
      ),
    );
  }

  /** Writes the files of its present process again, after they were removed. */
  async writeFiles(): Promise<void> {
    const { pid } = this;
    if (pid === null) return;
    await this.writeConf();
    this.#recorded = this.#record(pid);
    await this.#recorded;
  }

  /** Writes the config for its next process; returns the path. */
  writeConf(): Promise<string> {
    const [id, generation, { ports }] = [this.id, this.#generation, this.#lease];
    return writeConf(this.#setup, { id, generation, ports });
  }

  /** Has the running process read its config again. */
  async reload(): Promise<void> {
    await this.writeConf();
    this.#life?.kill('SIGHUP');
  }

  /** Moves to other ports if somebody has taken ours meanwhile. */
  async #provePorts(): Promise<void> {
    if (await this.#lease.areFree()) return;
    const [lease] = await leasePorts(1, this.#setup.portBase);
    if (lease === undefined) return;
    this.#logger.warn({ from: this.#lease.ports, to: lease.ports }, 'ports taken, child moves');
    await this.#lease.release();
    this.#lease = lease;
    await this.#setup.onMoved();
  }

  async #ready(pid: number): Promise<void> {
    await this.#recorded;
    const isUniform = await this.readCpus();
    if (this.#asked.signal.aborted || this.pid !== pid) return;
    if (!isUniform) this.#logger.warn('threads of the child differ in their CPUs');
    this.#lastError = null;
    this.#readyAt = performance.now();
    this.#to(this.#isDrained ? 'draining' : 'ready');
    this.#setup.onReady(this.status());
    this.#settle();
  }

  /** Reads the CPUs of its process; returns whether all threads have the same. */
  async readCpus(): Promise<boolean> {
    const { pid } = this;
    if (pid === null || this.#wantedCpus.length === 0) return true;
    const affinity = await this.#setup.pinning?.readAffinity(pid);
    if (this.pid === pid) this.#cpus = affinity?.cpus ?? [];
    return affinity?.uniform !== false;
  }

  /** Pins its process, and later ones, to other CPUs. */
  async repin(cpus: readonly number[]): Promise<void> {
    this.#wantedCpus = cpus;
    const { pid } = this;
    if (pid === null) return;
    const moved = await this.#setup.pinning?.move(pid, cpus);
    const reason = moved?.ok === false ? moved.reason : null;
    if (reason !== null) this.#logger.warn({ cpus, reason }, 'child not bound to its new CPUs');
    await this.readCpus();
  }

  #down(end: LifeEnd): LifeEnd {
    const { id } = this;
    if (!this.#asked.signal.aborted) {
      this.#lastError = end.reason;
      this.#to('failed');
    }
    const reason = this.#stopReason ?? end.reason;
    this.#setup.onDown({ id, generation: this.#generation, reason });
    return end;
  }

  #break(): void {
    this.#to('broken');
    this.#logger.error({ reason: this.#lastError }, 'child is broken and will not start again');
    this.#settle();
  }

  #to(state: ChildState): void {
    this.#state = move(this.#state, state);
    const { pid } = this;
    const isNews = state === 'draining' || (state === 'ready' && this.#generation > 1);
    const level = isNews ? 'info' : 'debug';
    this.#logger[level]({ pid, generation: this.#generation }, `child is ${state}`);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { countFailure, restartDelay } from './backoff.js';
import { ChildCpus } from './child-cpus.js';
import { writeConf } from './conf-file.js';
import { CrashLoop } from './crash-loop.js';
import { forgetChild, recordChild } from './leftovers.js';
import { beginLife, type Life, type LifeEnd, notBegun } from './life.js';
import { ChildLog } from './log.js';
import { leasePorts, type PortLease } from './ports.js';
import type { ChildSetup, ChildSpec } from './setup.js';
import { type Ejection, Standing } from './standing.js';
import { tellBroken, tellChange, tellRestart } from './tell-child.js';
import { type ChildHealth, type ChildState, type ChildStatus, isServing } from './types.js';
import { NO_USAGE, type Usage } from './usage.js';

/** Failed starts after which `start` stops waiting; the child keeps trying. */
const PATIENCE = 3;

const BY_OPERATOR = 'an operator drains it';

/** One child through all its generations. */
export class Child {
  readonly id: string;
  readonly #setup: ChildSetup;
  readonly cpus: ChildCpus;
  readonly #log: ChildLog;
  readonly #logger: Logger;
  #lease: PortLease;
  readonly #standing = new Standing();
  readonly #crashes: CrashLoop;
  #life: Life | null = null;
  #generation = 0;
  /** Why it gets no new streams; null: it does. */
  #drainedFor: string | null = null;
  /** Why it was told to stop; null: it was not. */
  #stopReason: string | null = null;
  #restarts = 0;
  #failures = 0;
  #readyAt = Infinity;
  #asked = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #recorded: Promise<void> = Promise.resolve();
  #settle: () => void = () => {};

  constructor(spec: ChildSpec, setup: ChildSetup) {
    this.id = spec.id;
    this.#setup = setup;
    this.#lease = spec.lease;
    this.#generation = spec.generation ?? 0;
    this.#crashes = new CrashLoop(setup.maxCrashes);
    this.#logger = setup.logger.child({ child: spec.id });
    const { pinning } = setup;
    this.cpus = new ChildCpus(spec.cpus, () => this.pid, { pinning, logger: this.#logger });
    const prepare = setup.renewFiles;
    const log = { logger: this.#logger, prepare, ...setup.log };
    this.#log = new ChildLog(setup.workDir.log(spec.id), log);
  }

  /** Null while no process runs. */
  get pid(): number | null {
    return this.#life?.pid ?? null;
  }

  /** Number of its present or last process; 0: there was none yet. */
  get generation(): number {
    return this.#generation;
  }

  get #state(): ChildState {
    return this.#standing.state;
  }

  /**
   * Starts the child, and restarts it whenever it dies. Resolves, never rejects, when it is ready,
   * broken or stopped, or when waiting longer makes no sense.
   */
  start(): Promise<void> {
    if (this.#state !== 'starting') this.#standing.to('starting', this.#stopReason);
    this.#crashes.clear();
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
    if (this.#state === 'starting' || isServing(this.#state)) this.#to('stopping', reason);
    this.#life?.kill('SIGTERM');
    const force = setTimeout(() => this.#life?.force(), graceMs);
    await this.#running;
    clearTimeout(force);
    if (this.#state !== 'stopped') this.#to('stopped');
    this.#settle();
    await this.#log.close();
  }

  get isDrained(): boolean {
    return this.#drainedFor !== null;
  }

  /** Stops new streams, in later generations too, until `undrain`; present streams continue. */
  drain(why = BY_OPERATOR): void {
    this.#drainedFor = why;
    if (this.#state === 'ready') this.#to('draining', why);
    else if (this.#state === 'draining') this.#standing.explain(why);
  }

  /** Allows new streams again. A broken child is started. */
  undrain(): void {
    this.#drainedFor = null;
    if (this.#state === 'draining') this.#to('ready');
    if (this.#state === 'broken') void this.start();
  }

  /** See `ChildLog.reopen`. */
  reopenLog(): void {
    this.#log.reopen();
  }

  /** Releases its ports, after a final `stop`. */
  release(): Promise<void> {
    return this.#lease.release();
  }

  status(usage: Usage = NO_USAGE, ejection: Ejection | null = null): ChildStatus {
    return {
      id: this.id,
      pid: this.pid,
      cpus: this.cpus.actual,
      ...this.#standing.told(ejection),
      ports: this.#lease.ports,
      generation: this.#generation,
      restarts: this.#restarts,
      cpu: usage.cpu,
      rss: usage.rss,
    };
  }

  async #run(asked: AbortSignal): Promise<void> {
    while (!asked.aborted) {
      const end = await this.#live(asked);
      if (asked.aborted) return;
      if (end.kind === 'broken') return this.#break(end.reason);
      const loop = this.#loopBy(end);
      if (loop !== null) return this.#break(loop);
      this.#failures = countFailure(this.#failures, performance.now() - this.#readyAt);
      if (end.kind === 'late' || this.#failures >= PATIENCE) this.#settle();
      const wait = restartDelay(this.#failures, Math.random());
      tellRestart(this.#logger, this.id, end.reason, wait);
      await delay(wait, undefined, { signal: asked }).catch(() => {});
      if (asked.aborted) return;
      this.#restarts++;
      this.#to('starting', `again after: ${end.reason}`);
    }
  }

  /** Returns the crash loop that keeps the child out; null if it starts again. */
  #loopBy({ kind, reason }: LifeEnd): string | null {
    const loop = kind === 'failed' ? this.#crashes.note(performance.now(), reason) : null;
    return loop !== null && this.#setup.mayStayOut(this.id, loop) ? loop : null;
  }

  /** Runs one process, from its config to its end as confirmed by the system. */
  async #live(asked: AbortSignal): Promise<LifeEnd> {
    this.#generation++;
    this.#readyAt = Infinity;
    const life = await this.#begin().catch(notBegun);
    if ('kind' in life) return this.#down(life);
    if (asked.aborted) life.kill('SIGTERM');
    const end = this.#down(await life.over);
    life.force();
    await life.exited;
    this.#life = null;
    this.cpus.forget();
    await this.#recorded;
    await forgetChild(this.#setup.workDir, this.id).catch((error: unknown) =>
      this.#logger.warn({ reason: messageOf(error) }, 'record of the child not removed'),
    );
    return end;
  }

  async #begin(): Promise<Life> {
    const { binary, workDir, guard, env, times } = this.#setup;
    const onHealth = (health: ChildHealth) => {
      this.#standing.health = health;
    };
    onHealth('ok');
    await this.#setup.renewFiles();
    await this.#provePorts();
    await this.writeConf();
    const argv = [...guard, ...this.cpus.prefix(), ...binary.command, '-c', workDir.conf(this.id)];
    const life = await beginLife(
      {
        spawn: { argv, cwd: workDir.path, env },
        ports: this.#lease.ports,
        authorization: this.#setup.conf().template.authorization,
        times: times(),
        log: this.#log,
        watching: {
          ...this.#setup.watching({ id: this.id, generation: this.#generation }),
          onHealth,
          logger: this.#logger,
        },
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
    const isUniform = await this.cpus.read();
    if (this.#asked.signal.aborted || this.pid !== pid) return;
    if (!isUniform) this.#logger.warn('threads of the child differ in their CPUs');
    this.#readyAt = performance.now();
    this.#to(this.#drainedFor === null ? 'ready' : 'draining', this.#drainedFor);
    this.#setup.onReady(this.status());
    this.#settle();
  }

  #down(end: LifeEnd): LifeEnd {
    const { id } = this;
    if (!this.#asked.signal.aborted) {
      this.#standing.failed(end.reason);
      this.#to('failed', end.reason);
    }
    const reason = this.#stopReason ?? end.reason;
    this.#setup.onDown({ id, generation: this.#generation, reason });
    return end;
  }

  #break(why: string): void {
    this.#to('broken', why);
    tellBroken(this.#logger, this.id, why);
    this.#settle();
  }

  #to(state: ChildState, why: string | null = null): void {
    const { id: child, pid } = this;
    const [from, generation] = [this.#state, this.#generation];
    this.#standing.to(state, why);
    tellChange(this.#logger, { child, generation, pid, from, to: state, why });
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logging/logger.js';
import { countFailure, restartDelay } from './backoff.js';
import { ChildCpus } from './child-cpus.js';
import { writeConf } from './conf-file.js';
import { CrashLoop } from './crash-loop.js';
import { type KeptChild, type RunningChild, runningOf } from './kept.js';
import { keptProcess } from './kept-process.js';
import { LeasedPorts } from './leased-ports.js';
import {
  beginLife,
  continueLife,
  type Life,
  type LifeEnd,
  type LifePlan,
  notBegun,
} from './life.js';
import { planLife } from './life-plan.js';
import { ChildLog } from './log.js';
import { ProcessRecord } from './process-record.js';
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
  readonly #lease: LeasedPorts;
  readonly #standing = new Standing();
  readonly #crashes: CrashLoop;
  readonly #record: ProcessRecord;
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
  #settle: () => void = () => {};

  constructor(spec: ChildSpec, setup: ChildSetup) {
    this.id = spec.id;
    this.#setup = setup;
    this.#generation = spec.generation ?? 0;
    this.#crashes = new CrashLoop(setup.maxCrashes);
    this.#logger = setup.logger.child({ child: spec.id });
    this.#lease = new LeasedPorts(spec.lease, setup, this.#logger);
    this.#record = new ProcessRecord(spec.id, setup.workDir, this.#logger);
    const { pinning } = setup;
    this.cpus = new ChildCpus(spec.cpus, () => this.pid, { pinning, logger: this.#logger });
    const log = { logger: this.#logger, prepare: setup.renewFiles, ...setup.log };
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

  /**
   * Starts the child, and restarts it whenever it dies. Resolves, never rejects, when it is ready,
   * broken or stopped, or when waiting longer makes no sense.
   */
  start(): Promise<void> {
    if (this.#standing.state !== 'starting') this.#standing.to('starting', this.#stopReason);
    this.#crashes.clear();
    this.#stopReason = null;
    this.#failures = 0;
    return this.#serve(null);
  }

  /** Returns what outlives the program; its log is written no more. */
  async give(): Promise<KeptChild | null> {
    await this.#log.leave();
    const standing = this.#standing.give();
    if (standing === null) return null;
    const [{ id, generation }, { ports }, { wanted }] = [this, this.#lease, this.cpus];
    const [restarts, failures, drainedFor] = [this.#restarts, this.#failures, this.#drainedFor];
    const known = { id, generation, restarts, failures, drainedFor, ports, standing };
    const conf = this.#setup.started.of({ id, generation });
    return { ...known, conf, cpus: [...wanted], process: await keptProcess(this.#life) };
  }

  /** Goes on with what the program before this one gave; resolves as `start`. */
  async adopt(kept: KeptChild): Promise<void> {
    const { restarts, failures, drainedFor } = kept;
    [this.#restarts, this.#failures, this.#drainedFor] = [restarts, failures, drainedFor];
    this.#standing.adopt(kept.standing);
    const { state } = kept.standing;
    const running = runningOf(kept);
    if (state === 'broken' || state === 'stopped') return;
    if (running === null && state !== 'failed') this.#to('failed', 'its process was not kept');
    if (running === null) this.#to('starting', 'again');
    await this.#serve(running);
  }

  #serve(kept: RunningChild | null): Promise<void> {
    this.#asked = new AbortController();
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#running = this.#run(this.#asked.signal, kept);
    });
  }

  /**
   * Sends SIGTERM, and SIGKILL after `graceMs`. Resolves when the process has ended. `reason` is
   * told in place of how it ended.
   */
  async stop(graceMs: number, reason: string | null = null): Promise<void> {
    this.#stopReason ??= reason;
    this.#asked.abort();
    if (this.#standing.state === 'starting' || isServing(this.#standing.state))
      this.#to('stopping', reason);
    this.#life?.kill('SIGTERM');
    const force = setTimeout(() => this.#life?.force(), graceMs);
    await this.#running;
    clearTimeout(force);
    if (this.#standing.state !== 'stopped') this.#to('stopped');
    this.#settle();
    await this.#log.close();
  }

  get isDrained(): boolean {
    return this.#drainedFor !== null;
  }

  /** Stops new streams, in later generations too, until `undrain`; present streams continue. */
  drain(why = BY_OPERATOR): void {
    this.#drainedFor = why;
    if (this.#standing.state === 'ready') this.#to('draining', why);
    else if (this.#standing.state === 'draining') this.#standing.explain(why);
  }

  /** Allows new streams again. A broken child is started. */
  undrain(): void {
    this.#drainedFor = null;
    if (this.#standing.state === 'draining') this.#to('ready');
    if (this.#standing.state === 'broken') void this.start();
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
    const { id, pid, generation } = this;
    const { cpu, rss } = usage;
    const [{ ports }, restarts] = [this.#lease, this.#restarts];
    const standing = this.#standing.told(ejection);
    return { id, pid, cpus: this.cpus.actual, ...standing, ports, generation, restarts, cpu, rss };
  }

  async #run(asked: AbortSignal, kept: RunningChild | null): Promise<void> {
    for (let before = kept; !asked.aborted; before = null) {
      const end = await this.#live(asked, before);
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
  async #live(asked: AbortSignal, kept: RunningChild | null): Promise<LifeEnd> {
    if (kept === null) this.#generation++;
    this.#readyAt = Infinity;
    const life = await this.#begin(kept).catch(notBegun);
    if ('kind' in life) return this.#down(life);
    if (asked.aborted) life.kill('SIGTERM');
    const end = this.#down(await life.over);
    life.force();
    await life.exited;
    this.#life = null;
    this.cpus.forget();
    await this.#record.remove();
    return end;
  }

  /** Starts a process, or goes on with that of the program before this one. */
  async #begin(kept: RunningChild | null): Promise<Life> {
    const { id, generation } = this;
    const onReady = (pid: number) => this.#ready(pid);
    if (kept !== null) {
      this.#setup.started.note({ id, generation }, kept.conf ?? this.#setup.conf());
      this.#life = await continueLife(this.#plan(), kept, onReady);
      return this.#life;
    }
    await this.#setup.renewFiles();
    await this.#lease.prove();
    await this.writeConf();
    this.#life = await beginLife(this.#plan(), onReady);
    void this.#record.write(this.#life.pid);
    return this.#life;
  }

  #plan(): LifePlan {
    const onHealth = (health: ChildHealth) => {
      this.#standing.health = health;
    };
    onHealth('ok');
    const [{ id, generation }, { ports }, prefix] = [this, this.#lease, this.cpus.prefix()];
    const parts = { log: this.#log, onHealth, logger: this.#logger };
    return planLife(this.#setup, { id, generation, ports, prefix, ...parts });
  }

  /** Writes the files of its present process again, after they were removed. */
  async writeFiles(): Promise<void> {
    const { pid } = this;
    if (pid === null) return;
    await this.writeConf();
    await this.#record.write(pid);
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

  async #ready(pid: number): Promise<void> {
    await this.#record.written;
    const isUniform = await this.cpus.read();
    if (this.#asked.signal.aborted || this.pid !== pid) return;
    if (!isUniform) this.#logger.warn('threads of the child differ in their CPUs');
    this.#readyAt = performance.now();
    const state = this.#drainedFor === null ? 'ready' : 'draining';
    if (state !== this.#standing.state) this.#to(state, this.#drainedFor);
    this.#setup.onReady(this.status());
    this.#settle();
  }

  #down(end: LifeEnd): LifeEnd {
    if (!this.#asked.signal.aborted) {
      this.#standing.failed(end.reason);
      this.#to('failed', end.reason);
    }
    const { id, generation } = this;
    this.#setup.onDown({ id, generation, reason: this.#stopReason ?? end.reason });
    return end;
  }

  #break(why: string): void {
    this.#to('broken', why);
    tellBroken(this.#logger, this.id, why);
    this.#settle();
  }

  #to(state: ChildState, why: string | null = null): void {
    const { id: child, pid } = this;
    const [from, generation] = [this.#standing.state, this.#generation];
    this.#standing.to(state, why);
    tellChange(this.#logger, { child, generation, pid, from, to: state, why });
  }
}

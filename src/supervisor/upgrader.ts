import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { UpgradePlan, UpgradeStatus } from '../admin/types.js';
import { pinMain } from '../cpu/affinity.js';
import { SupervisorError } from '../errors.js';
import { tell } from '../logging/tell.js';
import { type KeptPort, type OpenPort, openPorts } from '../system/open-ports.js';
import { loadPosix, type Posix } from '../system/posix.js';
import { takeUsualPriority } from '../system/priority.js';
import type { Handover } from '../upgrade/document.js';
import { execProgram, type ProgramCall } from '../upgrade/exec.js';
import { prove } from '../upgrade/prove.js';
import { VERSION } from '../version.js';
import { keepsUdp } from './carrying-udp.js';
import type { Composition } from './compose.js';
import type { SupervisorOptions } from './options.js';
import type { UpgradeOrder } from './upgrade-order.js';
import { statusAfter } from './upgrade-status.js';

/** Milliseconds for clients on their way, requests under way and UDP sessions to come to an end. */
const SETTLE_MS = 2000;
/** Ports of the children, which clients on their way still need. */
const INNER = ['hooks', 'heartbeats'];
const SCRIPT = 'bin/srs-supervisor.js';

type Draft = Omit<Handover, 'format'>;

/** Puts another program in the place of this one, at most once at a time. */
export class Upgrader {
  readonly #options: SupervisorOptions;
  readonly #parts: Composition;
  #status: UpgradeStatus;
  /** Settles when no upgrade replaces the program any more; null: none has begun to. */
  #performing: Promise<void> | null = null;
  #isCalledOff = false;

  constructor(options: SupervisorOptions, parts: Composition) {
    this.#options = options;
    this.#parts = parts;
    this.#status = statusAfter(options.inheritance?.handover ?? null);
  }

  /** The last upgrade of this process, or the one at work. */
  get status(): UpgradeStatus {
    return this.#status;
  }

  /** Notes that all that was handed over is taken over. */
  adopted(pauseMs: number | null): void {
    this.#status = { ...this.#status, pauseMs };
  }

  /**
   * Calls off the upgrade at work, for the box shall end, and refuses others. If that is too late,
   * the next program ends the box, and the promise never resolves. Null: nothing is at work.
   */
  callOff(): Promise<void> | null {
    this.#isCalledOff = true;
    return this.#performing;
  }

  /**
   * Proves the program of the order. Unless that is a dry run, puts it in the place of this one
   * soon after that. Rejects, and changes nothing, if it cannot follow. @throws ERR_BUSY,
   * ERR_CONFIG
   */
  async upgrade(order: UpgradeOrder): Promise<UpgradePlan> {
    const plan = await this.tryUpgrade(order);
    if (typeof plan !== 'string') return plan;
    throw new SupervisorError('ERR_CONFIG', `upgrade: ${plan}; nothing has changed`);
  }

  /** As `upgrade`, but resolves with the reason if the program cannot follow. @throws ERR_BUSY */
  async tryUpgrade(order: UpgradeOrder): Promise<UpgradePlan | string> {
    if (this.#status.state === 'running') throw busy('an upgrade is at work');
    this.#demandGoingOn();
    this.#parts.jobs.demandFree();
    const before = this.#status;
    this.#status = { ...before, state: 'running', error: null };
    try {
      const plan = await this.#plan(order);
      if (order.dryRun) this.#status = before;
      else this.#performing = nextTurn().then(() => this.#perform(plan, order));
      return plan;
    } catch (error) {
      this.#status = before;
      if (error instanceof Refusal) return error.message;
      throw error;
    }
  }

  #demandGoingOn(): void {
    if (this.#isCalledOff) throw busy('the supervisor ends');
  }

  async #plan({ to, dryRun, gone = [], reload }: UpgradeOrder): Promise<UpgradePlan> {
    const [posix, call] = [await this.#posix(), this.#call()];
    const script = to === null ? call.script : join(resolve(to), SCRIPT);
    if (!existsSync(script)) {
      throw new Refusal(`${script} is not there: name a folder of the package`);
    }
    const { carrying } = this.#parts;
    const { kept, cut } = carrying.count(gone);
    const { parts, descriptors } = carrying.sample();
    const sample = { ...this.#draft(call, cut), descriptors, parts: { ...parts, reload } };
    const proof = await prove(posix, { ...call, script }, sample);
    if ('reason' in proof) throw new Refusal(`the new program cannot follow: ${proof.reason}`);
    this.#demandGoingOn();
    return { dryRun, from: VERSION, to: proof.version, script, kept, cut };
  }

  async #posix(): Promise<Posix> {
    const posix = process.platform === 'linux' ? await loadPosix() : null;
    if (posix !== null) return posix;
    throw new Refusal('it needs Linux and the package koffi: restart instead');
  }

  #call(): ProgramCall {
    const { call } = this.#options;
    if (call === undefined) throw new Refusal('nobody has said how this program was started');
    return call;
  }

  #draft({ script }: ProgramCall, cut: Draft['cut']): Omit<Draft, 'descriptors' | 'parts'> {
    const { upgrades } = this.#status;
    const order = { failure: null, isEnding: false };
    const about = { version: VERSION, script, upgrades: upgrades + 1, ...order };
    return { ...about, stoppedAt: Date.now(), cut };
  }

  async #perform(plan: UpgradePlan, { reload }: UpgradeOrder): Promise<void> {
    const { logger } = this.#options;
    const { from, to, kept, cut } = plan;
    logger.info({ from, to, kept, cut }, 'upgrade: clients on their way come to an end first');
    try {
      const [posix, call] = [await this.#posix(), this.#call()];
      const ports = await this.#settle(posix);
      if (this.#isCalledOff) {
        logger.info('upgrade: called off, the supervisor ends');
        return;
      }
      const fleet = await this.#parts.fleet.give();
      await this.#options.flushLog?.();
      await this.#takeUsualPlace();
      const draft = this.#draft(call, cut);
      const { engine, udpPorts, carrying } = this.#parts;
      const [udp, pairs = []] = await Promise.all([udpPorts.give(), engine.keeping?.give()]);
      const { parts, descriptors } = carrying.give({ ports, pairs, udp, fleet });
      const isEnding = this.#isCalledOff;
      const handed = { isEnding, parts: { ...parts, reload }, descriptors };
      this.#exec(posix, plan.script, { ...draft, ...handed });
    } catch (error) {
      logger.fatal({ err: error }, 'upgrade: failed, and there is no way back');
      this.#options.abandon?.();
    }
  }

  /** The next program finds its CPUs and its priority as this one found them. */
  async #takeUsualPlace(): Promise<void> {
    takeUsualPriority(process.pid);
    await pinMain(this.#parts.changes.first);
  }

  /**
   * Stops the ports, whose clients wait in duplicates of their sockets, and ends UDP sessions that
   * cannot be kept.
   */
  async #settle(posix: Posix): Promise<KeptPort[]> {
    const ports = openPorts();
    const kept = ports.map(({ key, address, sockets }) => {
      return { key, address, sockets: sockets().map((fd) => posix.duplicate(fd)) };
    });
    const isInner = ({ key }: OpenPort) => INNER.includes(key);
    const udp = [...this.#parts.listeners].filter(
      ({ transport, listener }) => transport === 'udp' && !keepsUdp(listener),
    );
    const outer = ports.filter((port) => !isInner(port)).map((port) => port.stop());
    await within(SETTLE_MS, [...outer, ...udp.map(({ listener }) => listener.close())]);
    await within(
      SETTLE_MS,
      ports.filter(isInner).map((port) => port.stop()),
    );
    return kept;
  }

  /** Does not return, unless neither the new program nor this one can be started. */
  #exec(posix: Posix, script: string, draft: Draft): void {
    const call = this.#call();
    const code = execProgram(posix, { ...call, script }, draft);
    execProgram(posix, call, { ...draft, failure: `${script} cannot be started: ${code}` });
    throw new Error(`neither ${script} nor ${call.script} can be started: ${code}`);
  }
}

/** Logs what has come of an upgrade, and records it. */
export function tellUpgrade(options: SupervisorOptions, status: UpgradeStatus): void {
  const { state, from, to, pauseMs, kept, cut, error } = status;
  const fields = { from, to, pauseMs, kept, cut };
  const event = { type: 'upgrade', ...fields, error } as const;
  if (state === 'failed') {
    tell(options.logger, event, {
      level: 'error',
      message: 'upgrade: failed, the program before goes on',
      fields: { ...fields, error },
    });
  } else tell(options.logger, event, { level: 'info', message: 'upgrade: done', fields });
}

async function within(limitMs: number, work: readonly Promise<unknown>[]): Promise<void> {
  const limit = new AbortController();
  const late = delay(limitMs, undefined, { signal: limit.signal }).catch(() => {});
  await Promise.race([Promise.allSettled(work), late]);
  limit.abort();
}

/** The program cannot follow; nothing has changed. */
class Refusal extends Error {}

function busy(reason: string): SupervisorError {
  return new SupervisorError('ERR_BUSY', reason);
}

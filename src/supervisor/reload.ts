import type { ReloadOrder, ReloadReport } from '../admin/types.js';
import { connectionBudget, fileLimit } from '../check/limits.js';
import type { Prepared } from '../check/prepared.js';
import { fixedPartText, type RenewedConf, renewedConf } from '../check/renew-conf.js';
import type { ConfOptions } from '../child/conf-plan.js';
import { changedKeys, withKeys } from '../config/changes.js';
import type { Config } from '../config/config.js';
import { effectOf } from '../config/effects.js';
import { planCpus } from '../cpu/plan.js';
import { readTopology } from '../cpu/topology.js';
import { SupervisorError } from '../errors.js';
import type { Job, JobReport } from '../jobs/job.js';
import { loadCertificate } from '../listener/certificate.js';
import type { Composition } from './compose.js';
import type { KeptReload } from './kept-parts.js';
import { isByUpgrade, reloadByUpgrade } from './reload-by-upgrade.js';
import { actionsIn, refusalOf } from './reload-keys.js';
import type { Upgrader } from './upgrader.js';

export interface ReloaderOptions {
  readonly prepared: Prepared;
  /** Reads the configuration as it stands now. @throws ERR_CONFIG */
  readonly readConfig: () => Promise<Config>;
  readonly upgrader: Upgrader;
}

/** Milliseconds that clients of a child have to leave before its restart. */
const DRAIN_MS = 10_000;
const NOT_RELOADED = 'children take the new template at their next start: restart --all does it';

/** A configuration that was read, and what is different in it. */
interface Reading extends ReloadOrder {
  readonly wanted: Config;
  readonly changed: readonly string[];
  readonly renewed: RenewedConf | null;
  /** Why keys that take an upgrade in place are refused. */
  readonly noUpgrade: string;
}

/** A changed configuration that has been checked. */
interface Step {
  /** The present configuration with all changes that can be applied. */
  readonly config: Config;
  readonly keys: readonly string[];
  /** Null: there are no children. */
  readonly conf: ConfOptions | null;
  /** The children have to be restarted. */
  readonly rolls: boolean;
}

/** Applies the configuration's files as they stand: all that can be applied, or nothing. */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #parts: Composition;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions, parts: Composition) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * Reads and checks the configuration, and applies it unless `dryRun`; what the running program
   * cannot take is applied by an upgrade in place, if that closes nobody or `yes` is given. Reloads
   * run one after another. Rejects with the reason if a file is bad, or another job keeps the
   * children busy; nothing has changed then. @throws ERR_CONFIG, ERR_CHILD_CONFIG, ERR_BUSY
   */
  reload(order: ReloadOrder): Promise<ReloadReport> {
    const reloading = this.#running.then(() => this.#reload(order));
    this.#running = reloading.catch(() => {});
    return reloading;
  }

  /** Carries a reload to its end that the program before this one has begun by an upgrade. */
  async goOn({ rolls, count }: KeptReload): Promise<void> {
    const { current } = this.#parts;
    if (rolls) this.#restart();
    else if (count !== null) {
      const { children } = current.config;
      current.config = { ...current.config, children: { ...children, count } };
      this.#scale(current.config);
    }
  }

  async #reload(order: ReloadOrder): Promise<ReloadReport> {
    const { current } = this.#parts;
    const wanted = await this.#options.readConfig();
    const changed = changedKeys(current.config, wanted);
    const open = changed.filter((key) => effectOf(key) !== 'restart');
    const renewed = await this.#check(withKeys(current.config, wanted, open));
    const part = renewed?.fixedPart ?? null;
    const reading = { ...order, wanted, changed, renewed, noUpgrade: '' };
    if (part === null && !open.some(isByUpgrade)) return this.#reloadHere(reading);
    const { prepared, upgrader } = this.#options;
    const facts = { ...order, current, prepared, wanted, changed, renewed };
    const report = await reloadByUpgrade(facts, { upgrader, carrying: this.#parts.carrying });
    if (typeof report !== 'string') return report;
    if (part !== null) throw new SupervisorError('ERR_CONFIG', fixedPartText(part, report));
    const here = withKeys(
      current.config,
      wanted,
      open.filter((key) => !isByUpgrade(key)),
    );
    return this.#reloadHere({ ...reading, renewed: await this.#check(here), noUpgrade: report });
  }

  async #reloadHere(reading: Reading): Promise<ReloadReport> {
    const { dryRun, wanted, changed, renewed, noUpgrade } = reading;
    const { current } = this.#parts;
    const isNewStart = renewed !== null && this.#isNewStart(renewed);
    const rolls = isNewStart || this.#rolls(changed, wanted);
    const reasonOf = (key: string) => (isByUpgrade(key) ? noUpgrade : refusalOf(key, rolls));
    const refused = changed.flatMap((key) => {
      const reason = reasonOf(key);
      return reason === null ? [] : { key, reason };
    });
    const applied = changed.filter((key) => reasonOf(key) === null);
    const keys = isNewStart ? [...new Set([...applied, 'srs.template'])] : applied;
    const config = withKeys(current.config, wanted, keys);
    const step = { config, keys, rolls, conf: renewed?.conf ?? null };
    if (rolls || keys.includes('children.count')) this.#parts.jobs.demandFree();
    const report = { dryRun, applied: keys, restartsChildren: rolls, refused, upgrade: null };
    if (dryRun) return { ...report, error: null, job: null };
    const { error, job } = await this.#apply(step);
    return { ...report, error, job };
  }

  /** Returns whether the children have to be restarted for these keys. */
  #rolls(changed: readonly string[], wanted: Config): boolean {
    if (this.#options.prepared.binary.kind === 'none') return false;
    const before = actionsIn(this.#parts.current.config);
    const hasNewActions = String(before) !== String(actionsIn(wanted));
    return hasNewActions || changed.some((key) => effectOf(key) === 'children');
  }

  /** Returns whether children take the template only when they start. */
  #isNewStart({ startPart, isNew }: RenewedConf): boolean {
    return startPart !== null || (isNew && this.#options.prepared.binary.kind === 'mini-srs');
  }

  /** Checks all that could fail, and changes nothing. Returns the children's config. */
  async #check(config: Config): Promise<RenewedConf | null> {
    const { prepared } = this.#options;
    const { fleet, certificate, current } = this.#parts;
    connectionBudget(config, fleet.statuses().length, await fileLimit());
    const { cert, key } = config.tls;
    if (certificate !== null && cert !== null && key !== null) await loadCertificate({ cert, key });
    return prepared.binary.kind === 'none'
      ? null
      : renewedConf({ ...prepared, ...current, config });
  }

  async #apply(step: Step): Promise<Pick<ReloadReport, 'error' | 'job'>> {
    const { current, renewals, certificate } = this.#parts;
    const { config, keys } = step;
    current.config = config;
    await renewals.apply(keys, config);
    await certificate?.reload();
    if (step.rolls) return { error: null, job: (await this.#roll(step)).report() };
    const error = await this.#reloadTemplate(step);
    if (!keys.includes('children.count')) return { error, job: null };
    return { error, job: this.#scale(config) };
  }

  /** Restarts the children one after another, with their new configs. */
  async #roll({ conf }: Step): Promise<Job> {
    const { fleet, access, current } = this.#parts;
    if (conf !== null) {
      await fleet.rewrite(conf);
      current.template = conf.template;
      access.renew(conf.template.vhosts);
    }
    return this.#restart();
  }

  #restart(): Job {
    const { operations } = this.#parts;
    return operations.restart({
      ...{ ids: operations.idsFrom(), drainMs: DRAIN_MS, what: 'reload' },
      reason: 'its configuration has changed',
    });
  }

  /** Has SRS reload the template. Returns why a child does not go by it; null: all do. */
  async #reloadTemplate({ config }: Step): Promise<string | null> {
    // mini-srs does not reload: a new template has restarted its children.
    if (config.srs.template === null || this.#options.prepared.binary.kind !== 'srs') return null;
    const { kind, reason } = await this.#parts.api.reload();
    return kind === 'done' ? null : `${reason}; ${NOT_RELOADED}`;
  }

  #scale({ children, cpu }: Config): JobReport {
    const { reserve, smt } = cpu;
    const plan = planCpus(readTopology(), { count: children.count, reserve, smt });
    return this.#parts.operations.scale(plan.children.length, DRAIN_MS).report();
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { adminRead } from '../admin/answers.js';
import { type AdminPort, adminAsk, PROOF_MS } from '../admin/client.js';
import { countOf, cutText } from '../admin/cut-text.js';
import type { UpgradePlan, UpgradeStatus } from '../admin/types.js';
import { SupervisorError } from '../errors.js';
import { plural } from '../system/plural.js';
import type { FollowOptions } from './follow.js';
import { printable } from './table.js';

export interface UpgradeOrder {
  /** Folder of the package; null: where the running program was started from. */
  readonly to: string | null;
  readonly dryRun: boolean;
  /** Clients may be closed although a person is at the terminal. */
  readonly yes: boolean;
}

const PATH = '/admin/v1/upgrade';
const LOOK_MS = 100;
/** Milliseconds for the new program to answer. */
const LIMIT_MS = 120_000;

/**
 * Has a running supervisor replaced in place, and prints what comes of it. Throws ERR_UPGRADE if
 * the new program did not follow, ERR_CONFIG if it could not and nothing has changed, ERR_USAGE if
 * clients would be closed and a person has to say so.
 */
export async function upgrade(order: UpgradeOrder, options: FollowOptions): Promise<void> {
  const { port, stdout, json, width } = options;
  const { to, dryRun, yes } = order;
  const ask = (isDry: boolean) => {
    const body = { ...(to === null ? {} : { to }), dryRun: isDry };
    return adminAsk<UpgradePlan>(port, { method: 'POST', path: PATH, body, limitMs: PROOF_MS });
  };
  const isAsked = width !== null && !yes && !json;
  if (dryRun || isAsked) {
    const plan = await ask(true);
    stdout.write(json ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan));
    if (dryRun) return;
    if (countOf(plan.cut) > 0) throw mustSayYes(plan);
  }
  const before = await upgradesOf(port);
  await ask(false);
  const status = await untilDone(before, options);
  stdout.write(json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
  throwIfFailed(status);
}

/** Returns the number of programs that the process had before. @throws ERR_ADMIN */
export async function upgradesOf(port: AdminPort): Promise<number> {
  return (await adminRead(port, 'upgrade')).upgrades;
}

/** Throws ERR_UPGRADE if the new program did not follow. */
export function throwIfFailed({ state, error }: UpgradeStatus): void {
  if (state !== 'failed') return;
  throw new SupervisorError('ERR_UPGRADE', `upgrade: ${error}; the program before goes on`);
}

/**
 * Resolves when the process has had more programs than `before`. The port answers only now and then
 * meanwhile. Throws ERR_UPGRADE if that is not known after two minutes.
 */
export async function untilDone(
  before: number,
  { port, interrupted }: Pick<FollowOptions, 'port' | 'interrupted'>,
): Promise<UpgradeStatus> {
  const limit = performance.now() + LIMIT_MS;
  while (performance.now() < limit && !interrupted.aborted) {
    const status = await adminRead(port, 'upgrade').catch(() => null);
    if (status !== null && status.upgrades > before && status.state !== 'running') return status;
    await delay(LOOK_MS, undefined, { signal: interrupted }).catch(() => {});
  }
  const text = 'upgrade: the supervisor has not said what came of it: see its log';
  throw new SupervisorError('ERR_UPGRADE', text);
}

function planText({ from, to, kept, cut }: UpgradePlan): string {
  return `${from} -> ${to}: ${clients(kept)} would be kept${closedText(cut, 'would be closed')}\n`;
}

/** Returns what has come of an upgrade, as a line; empty if it has failed. */
export function statusText({ from, to, pauseMs, kept, cut, state }: UpgradeStatus): string {
  if (state === 'failed') return '';
  const pause = pauseMs === null ? '' : `, media stood still for ${pauseMs} ms`;
  return `${from} -> ${to}: ${clients(kept)} kept${closedText(cut, 'closed')}${pause}\n`;
}

function closedText(cut: UpgradePlan['cut'], how: string): string {
  return countOf(cut) === 0 ? '' : `, ${printable(cutText(cut, how))}`;
}

function clients(count: number): string {
  return plural(count, 'connection', 'connections');
}

function mustSayYes({ cut }: UpgradePlan): SupervisorError {
  return new SupervisorError('ERR_USAGE', `upgrade: say --yes to close ${clients(countOf(cut))}`);
}

import { countOf, cutText } from '../admin/cut-text.js';
import type { ReloadOrder, ReloadReport, UpgradePlan } from '../admin/types.js';
import { portsGone, provePorts } from '../check/ports.js';
import { confOptions, type Prepared } from '../check/prepared.js';
import type { RenewedConf } from '../check/renew-conf.js';
import { confText } from '../child/conf-text.js';
import type { Config } from '../config/config.js';
import { effectOf } from '../config/effects.js';
import { messageOf } from '../errors.js';
import type { Carrying } from './carrying.js';
import { actionsIn, refusalOf } from './reload-keys.js';
import type { Current } from './renewals.js';
import type { Upgrader } from './upgrader.js';

/** A changed configuration of which the running program cannot take all. */
export interface UpgradeReading extends ReloadOrder {
  readonly prepared: Prepared;
  readonly current: Current;
  readonly wanted: Config;
  readonly changed: readonly string[];
  /** The children's options by it; null: there are no children. */
  readonly renewed: RenewedConf | null;
}

/** Returns whether a key is applied by putting the same program in the place of the running one. */
export function isByUpgrade(key: string): boolean {
  return effectOf(key) === 'upgrade';
}

/**
 * Has the same program take the place of this one, with the changed configuration; it restarts
 * children whose configs differ. Returns the report, or why it is not done: clients would be closed
 * and nobody has said `yes`, or it is not possible. Nothing has changed then. @throws ERR_BUSY
 */
export async function reloadByUpgrade(
  reading: UpgradeReading,
  { upgrader, carrying }: { readonly upgrader: Upgrader; readonly carrying: Carrying },
): Promise<ReloadReport | string> {
  const { current, wanted, changed, renewed, dryRun, yes } = reading;
  const gone = portsGone(current.config, wanted);
  const { cut } = carrying.count(gone);
  if (!yes && countOf(cut) > 0) return `an upgrade in place would close ${cutText(cut)}: ${YES}`;
  const rolls = confsDiffer(reading);
  const refused = changed.flatMap((key) => {
    const reason = refusalOf(key, rolls);
    return reason === null ? [] : { key, reason };
  });
  const refusedKeys = refused.map(({ key }) => key);
  const keys = changed.filter((key) => !refusedKeys.includes(key));
  if (renewed?.isNew && !keys.includes('srs.template')) keys.push('srs.template');
  const count = keys.includes('children.count') ? wanted.children.count : null;
  const reload = { keys, refused: refusedKeys, rolls, count };
  const upgrade = await tryUpgrade(reading, () =>
    upgrader.tryUpgrade({ to: null, dryRun, gone, reload }),
  );
  if (typeof upgrade === 'string') return `an upgrade in place is not possible: ${upgrade}`;
  const rest = { restartsChildren: rolls, refused, upgrade, error: null, job: null };
  return { dryRun, applied: keys, ...rest };
}

const YES = 'srs-supervisor reload --yes does it';

/** The ports that another address needs are tried first: the program that follows must not fail. */
async function tryUpgrade(
  { current, wanted }: UpgradeReading,
  upgrade: () => Promise<UpgradePlan | string>,
): Promise<UpgradePlan | string> {
  const obstacle = await provePorts(wanted, current.config).then(() => null, messageOf);
  return obstacle ?? upgrade();
}

/** Returns whether children would get other configs than they have. */
function confsDiffer({ prepared, current, wanted, renewed }: UpgradeReading): boolean {
  if (renewed === null || prepared.binary.kind === 'none') return false;
  const before = confText(confOptions({ ...prepared, ...current }), actionsIn(current.config));
  return before !== confText(renewed.conf, actionsIn(wanted));
}

import type { Logger } from '../logging/logger.js';
import type { Care } from './care.js';
import { dutiesOf } from './duties.js';
import { childEnvironment } from './environment.js';
import type { FleetOptions } from './fleet-options.js';
import type { ChildSetup } from './setup.js';
import { guardPrefix } from './spawn.js';
import { StartedConfs } from './started-confs.js';

/** Parts that the children of a fleet share, and their reports to it, beside its options. */
export interface FleetParts
  extends Pick<ChildSetup, 'workDir' | 'conf' | 'renewFiles' | 'onMoved' | 'onReady' | 'onDown'> {
  readonly care: Care;
  /** Returns the id of the child that runs `ingest`. */
  readonly ingester: () => string;
  readonly logger: Logger;
}

/** Returns the settings and callbacks of all children of a fleet. */
export async function makeSetup(options: FleetOptions, parts: FleetParts): Promise<ChildSetup> {
  const { binary, portBase, hooks = () => null, log = {} } = options;
  const { pinning = null, guard = true, started = new StartedConfs() } = options;
  const { care, ingester, ...told } = parts;
  await care.open(options.kept);
  const env = childEnvironment(options.env);
  return {
    ...told,
    binary,
    portBase,
    started,
    hooks,
    duties: (childId) => dutiesOf(childId, ingester()),
    env,
    guard: guard ? await guardPrefix(env) : [],
    asprocess: guard && process.pid !== 1,
    pinning,
    log,
    ...care.forChildren(),
    onDown: (down) => {
      care.down(down);
      told.onDown(down);
    },
  };
}

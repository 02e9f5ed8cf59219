import type { Binary } from '../child/binary.js';
import type { Template } from '../child/template.js';
import type { AliasBook } from '../listener/aliases.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { Certificate } from '../listener/certificate.js';
import type { Gate } from '../listener/gate.js';
import type { HeldHooks } from '../listener/held-hooks.js';
import type { HoldBudget } from '../listener/hold-budget.js';
import type { SetupTurns } from '../listener/setup-turns.js';
import type { StreamFanout } from '../listener/stream-fanout.js';
import type { Logger } from '../logging/logger.js';
import type { RelayEngine } from '../relay/relay.js';
import type { Current, Renewals } from './renewals.js';
import type { Served } from './served.js';

/** Parts of the ports whose clients publish or play by TCP: RTMP and HTTP. */
export interface StreamPortParts {
  readonly gate: Gate;
  readonly turns: SetupTurns;
  readonly template: Template;
  readonly served: Served;
  readonly current: Current;
  readonly renewals: Renewals;
  readonly binary: Pick<Binary, 'version'>;
  readonly engine: RelayEngine;
  /** Null: each viewer has a connection of its own to the child. */
  readonly fanout: StreamFanout | null;
  readonly aliases: AliasBook;
  readonly budget: ConnectionBudget;
  readonly holds: HoldBudget;
  /** The user's hooks, for players that wait. */
  readonly heldHooks: HeldHooks;
  /** Null: no port speaks TLS. */
  readonly certificate: Certificate | null;
  readonly logger: Logger;
}

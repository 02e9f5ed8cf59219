import type { Prepared } from '../check/prepared.js';
import type { AliasBook } from '../listener/aliases.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { Certificate } from '../listener/certificate.js';
import type { HeldHooks } from '../listener/held-hooks.js';
import type { HoldBudget } from '../listener/hold-budget.js';
import type { Logger } from '../logging/logger.js';
import type { Boxes } from '../registry/redis/boxes.js';
import type { RelayEngine } from '../relay/relay.js';
import type { Routing } from './routing.js';

/** The rooms that every listener is built from. */
export interface ListenerParts {
  readonly prepared: Prepared;
  readonly engine: RelayEngine;
  readonly routing: Routing;
  /** The other boxes; null: there are none. */
  readonly boxes: Boxes | null;
  readonly aliases: AliasBook;
  /** What all ports together may have open. */
  readonly budget: ConnectionBudget;
  /** Counts the players that wait for streams, on all of them. */
  readonly holds: HoldBudget;
  /** The user's hooks, for them. */
  readonly heldHooks: HeldHooks;
  /** For the ports that speak TLS; null where none does. */
  readonly certificate: Certificate | null;
  readonly logger: Logger;
}

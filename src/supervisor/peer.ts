import type { Config } from '../config/config.js';
import type { AliasBook } from '../listener/aliases.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { Gate } from '../listener/gate.js';
import type { HeldHooks } from '../listener/held-hooks.js';
import { PeerListener } from '../listener/peer/listener.js';
import { keepSources } from '../listener/source-keeper.js';
import type { Logger } from '../logging/logger.js';
import type { RelayEngine } from '../relay/relay.js';
import type { NamedListener } from './listeners.js';
import type { Routing } from './routing.js';

export interface PeerParts {
  readonly config: Pick<Config, 'registry' | 'cluster' | 'listen'>;
  readonly gate: Gate;
  readonly engine: RelayEngine;
  readonly routing: Pick<Routing, 'admit'>;
  readonly aliases: AliasBook;
  readonly budget: ConnectionBudget;
  readonly heldHooks: HeldHooks;
  readonly logger: Logger;
}

/** Builds the port for other boxes; none without a shared registry or a secret. */
export function peerListeners(
  { config, gate, engine, routing, aliases, budget, heldHooks, logger }: PeerParts,
  answer: (question: string) => Promise<string>,
): NamedListener[] {
  const { registry, cluster, listen } = config;
  if (registry === 'memory' || cluster.secret === null || listen.peer === null) return [];
  const listener = new PeerListener({
    address: listen.peer,
    secret: cluster.secret,
    limits: budget,
    admit: (child, wanted) => {
      const admit = () => routing.admit(child, wanted);
      return wanted === null ? admit() : keepSources(admit)(wanted.stream, wanted.role);
    },
    answer,
    gate,
    engine,
    aliases,
    hooks: heldHooks,
    logger: logger.child({ room: 'peer' }),
  });
  return [{ name: 'peer', transport: 'tcp', listener }];
}

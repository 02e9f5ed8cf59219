import { PeerListener } from '../listener/peer/listener.js';
import { keepSources } from '../listener/source-keeper.js';
import type { ListenerParts } from './listener-parts.js';
import type { NamedListener } from './listeners.js';

/** The port for the other boxes, where there are others and they have a secret to know us by. */
export function peerListeners(
  { prepared, engine, routing, aliases, budget, heldHooks, logger }: ListenerParts,
  answer: (question: string) => Promise<string>,
): NamedListener[] {
  const { registry, cluster, listen } = prepared.config;
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
    engine,
    aliases,
    hooks: heldHooks,
    logger: logger.child({ room: 'peer' }),
  });
  return [{ name: 'peer', transport: 'tcp', listener }];
}

import { PeerFront } from '../listener/peer/front.js';
import { keepSources } from '../listener/source-keeper.js';
import type { Box } from './box.js';
import type { NamedFront } from './fronts.js';

/** The port for the other boxes, where there are others and they have a secret to know us by. */
export function peerFronts(
  { prepared, engine, routing, aliases, budget, heldHooks, logger }: Box,
  answer: (question: string) => Promise<string>,
): NamedFront[] {
  const { registry, cluster, listen } = prepared.config;
  if (registry === 'memory' || cluster.secret === null || listen.peer === null) return [];
  const front = new PeerFront({
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
  return [{ name: 'peer', transport: 'tcp', front }];
}

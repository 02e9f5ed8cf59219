import { connectionBudget, fileLimit } from '../check/limits.js';
import type { Fleet } from '../child/fleet.js';
import { planCpus } from '../cpu/plan.js';
import { readTopology } from '../cpu/topology.js';
import type { FleetControl } from '../jobs/fleet-control.js';
import type { Placement } from '../placement/placement.js';
import type { Current } from './renewals.js';

/** Joins the children and their clients for jobs. */
export function makeFleetControl(
  current: Current,
  fleet: Fleet,
  placement: Placement,
): FleetControl {
  return {
    children: () =>
      fleet.statuses().map(({ id, state, generation, lastError }) => ({
        ...{ id, state, generation, lastError },
        isDrained: fleet.isDrained(id),
        ...placement.counts(id),
      })),
    drain: (id, why) => fleet.drain(id, why),
    undrain: (id) => fleet.undrain(id),
    prove: (id) => fleet.prove(id),
    restart: (id, reason) => fleet.restart(id, reason),
    add: async (count) => {
      const { config } = current;
      const { reserve, smt } = config.cpu;
      connectionBudget(config, count, await fileLimit());
      const plan = planCpus(readTopology(), { count, reserve, smt });
      const added = plan.children.slice(fleet.statuses().length);
      const ids = await fleet.add(added.map(({ cpus }) => cpus));
      return { ids, notes: plan.warnings };
    },
    start: (id) => fleet.startAdded(id),
    remove: (ids) => fleet.remove(ids),
  };
}

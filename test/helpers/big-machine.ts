import type { Topology } from '../../src/cpu/types.js';
import { synthetic } from '../cpu/synthetic.js';

/** NUMA nodes of the big machine. */
const NODES = 8;

/** A machine of two packages, and its CPUs that children do not get: the first of each node. */
export function bigMachine(coresPerL3 = 8): {
  readonly topology: Topology;
  readonly reserved: readonly number[];
} {
  const l3PerNode = 4;
  const shape = synthetic({ nodes: NODES, l3PerNode, coresPerL3 });
  const half = shape.online.length / 2;
  const packages = [shape.online.slice(0, half), shape.online.slice(half)];
  const reserved = Array.from({ length: NODES }, (_, node) => l3PerNode * coresPerL3 * node);
  return { topology: { ...shape, packages }, reserved };
}

/** A thread of `budget.test.ts`: takes places of its share, and tells how many it got. */
import { parentPort, workerData } from 'node:worker_threads';
import { type BudgetShare, ConnectionBudget } from '../../src/listener/budget.js';

interface Task {
  readonly share: BudgetShare;
  readonly ips: readonly string[];
  /** How often each address is tried. */
  readonly tries: number;
  /** True: places are given back at once. */
  readonly churns: boolean;
}

const { share, ips, tries, churns } = workerData as Task;
const budget = ConnectionBudget.join(share);
const taken: Record<string, number> = {};
for (let round = 0; round < tries; round += 1) {
  for (const ip of ips) {
    const place = budget.take(ip);
    if (typeof place === 'string') continue;
    taken[ip] = (taken[ip] ?? 0) + 1;
    if (churns) budget.giveBack(place);
  }
}
parentPort?.postMessage(taken);

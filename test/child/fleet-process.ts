import { Fleet } from '../../src/child/fleet.js';
import type { FleetOptions } from '../../src/child/fleet-options.js';

/** A supervisor to be killed: starts the fleet of its first argument and prints its pids. */
const options = JSON.parse(process.argv[2] ?? '{}') as FleetOptions;
const fleet = new Fleet({ ...options, env: process.env });
await fleet.start();
console.log(JSON.stringify(fleet.statuses().map(({ pid }) => pid)));
setInterval(() => {}, 1000);

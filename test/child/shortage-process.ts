/**
 * A fleet whose child dies while this process has no descriptor left. Prints each line of the log,
 * the code of a bare start's error, and `back` when the child is, once there are descriptors again.
 * Its argument: the fleet's options.
 */
import { closeSync, openSync } from 'node:fs';
import { Fleet } from '../../src/child/fleet.js';
import type { FleetOptions } from '../../src/child/fleet-options.js';
import { spawnProcess } from '../../src/child/spawn.js';
import { codeOf } from '../../src/errors.js';
import { createLogger } from '../../src/logging/logger.js';
import { until } from '../helpers/until.js';

function useUp(): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    return taken;
  }
}

const options = JSON.parse(process.argv[2] ?? '{}') as FleetOptions;
let failedStarts = 0;
const write = (line: string) => {
  process.stdout.write(line);
  if (line.includes('no file descriptor left')) failedStarts += 1;
};
const logger = createLogger('info', { people: false, write });
const fleet = new Fleet({ ...options, env: process.env, logger });
await fleet.start();
const { pid, generation } = fleet.statuses()[0] ?? { pid: null, generation: 0 };
const taken = useUp();
process.kill(pid ?? 0, 'SIGKILL');
await until('starts that fail', () => {
  taken.push(...useUp());
  return failedStarts > 1;
});
const spawned = spawnProcess({ argv: ['true'], cwd: '/', env: {} });
console.log(await spawned.then(() => 'spawned', codeOf));
for (const fd of taken) closeSync(fd);
await until('the child is back', () => {
  const [status] = fleet.statuses();
  return status?.state === 'ready' && status.generation > generation + 1;
});
console.log('back');
await fleet.close();

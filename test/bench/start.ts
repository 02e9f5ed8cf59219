import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { cpuSeconds } from './measure.js';
import { type Row, report, round } from './report.js';

const CHILDREN = 64;

/** From spawning the supervisor until every child is ready. */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const origin of origins()) {
    const began = performance.now();
    const supervisor = await RunningSupervisor.start({ origin: origin.path, children: CHILDREN });
    const seconds = (performance.now() - began) / 1000;
    const children = await supervisor.children();
    const childCpu = children.reduce((sum, { pid }) => sum + cpuSeconds(pid!), 0);
    const values = {
      'ready after s': round(seconds),
      'supervisor CPU s': round(cpuSeconds(supervisor.pid)),
      'children CPU s': round(childCpu),
    };
    rows.push({ name: origin.name, values });
    await supervisor.dispose();
  }
  await report('start', `${CHILDREN} children`, rows);
}

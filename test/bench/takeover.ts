import { join } from 'node:path';
import { NO_NAMESPACES, runInside } from '../helpers/namespaces.js';
import { type Row, report } from './report.js';

/** Take-over of streams whose publisher's machine is cut off without a word. */
export async function run(): Promise<void> {
  if (NO_NAMESPACES !== false) throw new Error(`take-over: ${NO_NAMESPACES}`);
  const { code, output } = await runInside(join(import.meta.dirname, 'takeover-process.js'));
  const [, text] = /^ROWS (.+)$/m.exec(output) ?? [];
  if (code !== 0 || text === undefined) throw new Error(output);
  await report(
    'takeover',
    'from the last packet of a publisher to the next, ms',
    JSON.parse(text) as Row[],
  );
}

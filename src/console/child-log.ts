/** Schema of a child's log. The console's page has its type from here, without Node. */
import { z } from 'zod';

export const CHILD_LOG = z.object({
  child: z.string(),
  lines: z.array(z.string()).readonly().describe('the last ones, oldest first'),
});
export type ChildLog = Readonly<z.infer<typeof CHILD_LOG>>;

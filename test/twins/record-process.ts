/**
 * Records anew what a lone SRS says: `node dist/test/twins/record-process.js [SCRIPT]`. Read the
 * changes with `git diff` before they are committed.
 */
import { NO_SRS, SRS_BINARY } from '../helpers/srs.js';
import { record } from './compare.js';
import { playAll } from './play-all.js';
import { loneOrigin } from './target.js';

if (NO_SRS) throw new Error(NO_SRS);
const target = await loneOrigin(SRS_BINARY);
try {
  for (const [script, scenes] of await playAll(target, process.argv[2])) record(script, scenes);
} finally {
  await target.close();
}

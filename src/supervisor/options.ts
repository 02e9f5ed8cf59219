import type { ProgramCounts } from '../admin/types.js';
import type { Prepared } from '../check/prepared.js';
import type { Logger } from '../logging/logger.js';

export interface SupervisorOptions {
  readonly prepared: Prepared;
  readonly logger: Logger;
  /** Told how many children are done with starting. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Publish our clip as `live/demo`. */
  readonly demo?: boolean;
  /** What the program counts of itself. */
  readonly counts?: () => ProgramCounts;
  /** Takes secrets out of a text that is shown to tools. */
  readonly hide?: (text: string) => string;
}

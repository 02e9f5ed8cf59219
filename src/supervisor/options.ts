import type { ProgramCounts } from '../admin/types.js';
import type { Prepared } from '../check/prepared.js';
import type { Config } from '../config/config.js';
import type { Logger } from '../logging/logger.js';

export interface SupervisorOptions {
  readonly prepared: Prepared;
  readonly logger: Logger;
  /** Called with the number of children that are ready or given up for now. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Publish our clip as `live/demo`. */
  readonly demo?: boolean;
  /** Returns the counts that the program keeps of itself. */
  readonly counts?: () => ProgramCounts;
  /** Reads the configuration as it stands now, for a reload; default: it never changes. */
  readonly readConfig?: () => Promise<Config>;
  /** Sets the log's level and format. */
  readonly renewLog?: (log: Config['log']) => void;
  /** Removes secrets from a text for tools. */
  readonly hide?: (text: string) => string;
}

import type { ProgramCounts } from '../admin/types.js';
import type { Prepared } from '../check/prepared.js';
import type { Config } from '../config/config.js';
import type { Logger } from '../logging/logger.js';
import type { ProgramCall } from '../upgrade/exec.js';
import type { Inheritance } from '../upgrade/inheritance.js';
import type { TakenRelay } from './kept-pairs.js';

export interface SupervisorOptions {
  readonly prepared: Prepared;
  readonly logger: Logger;
  /** Called with the number of children that are ready or given up for now. */
  readonly onProgress?: (done: number, total: number) => void;
  /** State that another program has left in this process; default: there was none. */
  readonly inheritance?: Inheritance | null;
  /** The relay that goes on with its pairs; default: there is none. */
  readonly taken?: TakenRelay | null;
  /** Publish our clip as `live/demo`. */
  readonly demo?: boolean;
  /** Returns the counts that the program keeps of itself. */
  readonly counts?: () => ProgramCounts;
  /** Reads the configuration as it stands now, for a reload; default: it never changes. */
  readonly readConfig?: () => Promise<Config>;
  /** Sets the log's level and format. */
  readonly renewLog?: (log: Config['log']) => void;
  /** The call of this program, by which it is started again; default: it cannot be. */
  readonly call?: ProgramCall;
  /** Ends the process at once: clients and children cannot be served any more. */
  readonly abandon?: () => void;
  /** Resolves when the lines of the log are written, or soon after that. */
  readonly flushLog?: () => Promise<void>;
  /** Removes secrets from a text for tools. */
  readonly hide?: (text: string) => string;
}

import type { KeptReload } from './kept-parts.js';

/** An order to put another program in the place of the running one. */
export interface UpgradeOrder {
  /** Folder of the package; null: the one that this program was started from. */
  readonly to: string | null;
  /** True: nothing is changed. */
  readonly dryRun: boolean;
  /** Names of the ports that the next program does not open; default: none. */
  readonly gone?: readonly string[];
  /** The reload that the next program carries to its end; default: it is none. */
  readonly reload?: KeptReload;
}

import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { forgetChild, recordChild } from './leftovers.js';
import type { WorkDir } from './workdir.js';

/** The record on disk of a child's process, by which a later supervisor finds it. */
export class ProcessRecord {
  readonly #id: string;
  readonly #workDir: WorkDir;
  readonly #logger: Logger;
  #written: Promise<void> = Promise.resolve();

  constructor(id: string, workDir: WorkDir, logger: Logger) {
    this.#id = id;
    this.#workDir = workDir;
    this.#logger = logger;
  }

  /** Resolves when the last record is written, or cannot be. */
  get written(): Promise<void> {
    return this.#written;
  }

  /** Writes the record of that process. Never rejects. */
  write(pid: number): Promise<void> {
    this.#written = recordChild(this.#workDir, this.#id, pid).catch((error: unknown) =>
      this.#logger.warn(
        { reason: messageOf(error) },
        'child not recorded: it may be left running should the supervisor be killed',
      ),
    );
    return this.#written;
  }

  /** Removes the record. Never rejects. */
  async remove(): Promise<void> {
    await this.#written;
    await forgetChild(this.#workDir, this.#id).catch((error: unknown) =>
      this.#logger.warn({ reason: messageOf(error) }, 'record of the child not removed'),
    );
  }
}

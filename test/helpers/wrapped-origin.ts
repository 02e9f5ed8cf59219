import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Deed of a child's process in place of serving. */
type Fault = 'exits' | 'hangs';

/**
 * Hands the origin over to exec, and does something else in place of it for the children whose
 * faults lie in its folder. Tests of a config and of the version go to the origin in any case.
 */
const SCRIPT = (folder: string, origin: string) => `#!/bin/sh
child=$(basename "$2" .conf)
case "$*" in
  -t*|-v*|*' -t'*|*' -v'*) ;;
  *)
    if [ -e '${folder}/'"$child.exits" ]; then echo 'no luck' >&2; exit 3; fi
    if [ -e '${folder}/'"$child.hangs" ]; then exec sleep 1000; fi ;;
esac
exec '${origin}' "$@"
`;

/** An origin whose starts a test can have fail, child by child. */
export class WrappedOrigin {
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'origin');
  }

  /** Writes the wrapper of that origin into a folder. */
  static async write(folder: string, origin: string): Promise<WrappedOrigin> {
    const wrapped = new WrappedOrigin(folder);
    await writeFile(wrapped.path, SCRIPT(folder, origin));
    await chmod(wrapped.path, 0o755);
    return wrapped;
  }

  /** Has the next starts of a child fail in that way. */
  async spoil(id: string, fault: Fault): Promise<void> {
    await writeFile(join(this.#folder, `${id}.${fault}`), '');
  }

  /** Has the child start again as the origin does. */
  async mend(id: string): Promise<void> {
    for (const fault of ['exits', 'hangs']) {
      await rm(join(this.#folder, `${id}.${fault}`), { force: true });
    }
  }
}

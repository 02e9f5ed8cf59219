import type { OwnerRef } from '../owner.js';
import type { ConfOptions } from './conf-plan.js';

/**
 * The options with which each child's present process was started. They differ from child to child
 * while a reload restarts the children in turn, and for longer if it stops at one.
 */
export class StartedConfs {
  readonly #byChild = new Map<
    string,
    { readonly generation: number; readonly conf: ConfOptions }
  >();

  /**
   * Notes a written config. Of each generation the first one counts, because its process reads it.
   */
  note({ id, generation }: OwnerRef, conf: ConfOptions): void {
    if ((this.#byChild.get(id)?.generation ?? -1) < generation) {
      this.#byChild.set(id, { generation, conf });
    }
  }

  /** Returns the options of that generation of a child; null: it is none of ours, or not begun. */
  of({ id, generation }: OwnerRef): ConfOptions | null {
    const known = this.#byChild.get(id);
    return known?.generation === generation ? known.conf : null;
  }
}

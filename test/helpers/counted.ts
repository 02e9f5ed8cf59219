import { AliasBook, type AliasHolder } from '../../src/listener/aliases.js';
import { PublishWaiters } from '../../src/placement/waiters.js';
import type { StreamKey } from '../../src/stream-key.js';

/** An alias book that knows which aliases are taken and not released yet. */
export class CountedAliases extends AliasBook {
  readonly taken = new Set<string>();

  override take(holder: AliasHolder): string | null {
    const alias = super.take(holder);
    if (alias !== null) this.taken.add(alias);
    return alias;
  }

  override release(alias: string | null): void {
    if (alias !== null) this.taken.delete(alias);
    super.release(alias);
  }
}

/** Publish waiters that know how many clients wait. */
export class CountedWaiters extends PublishWaiters {
  waiting = 0;

  override async wait(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    this.waiting += 1;
    try {
      return await super.wait(stream, signal);
    } finally {
      this.waiting -= 1;
    }
  }
}

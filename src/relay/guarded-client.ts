import type { ClientSetup } from './client-setup.js';

/** The part that pending clients on all kinds of sockets have in common. */
export abstract class GuardedClient {
  protected setup: ClientSetup | null = null;
  protected isOver = false;

  /** `error`: what the setup threw, if that is why. */
  protected abstract end(how: 'end' | 'reset', error: unknown, lastWords?: Buffer): void;

  /** Runs a step of the setup: one that throws costs its own client only. */
  protected guard(step: () => void): void {
    if (this.isOver) return;
    try {
      step();
    } catch (error) {
      this.end('end', error);
    }
  }
}

import type { Logger } from '../logging/logger.js';
import { leasePorts, type PortLease } from './ports.js';
import type { ChildSetup } from './setup.js';
import type { ChildPorts } from './types.js';

/** The ports of one child, which moves to other ones where somebody has taken them. */
export class LeasedPorts {
  #lease: PortLease;
  readonly #setup: Pick<ChildSetup, 'portBase' | 'onMoved'>;
  readonly #logger: Logger;

  constructor(lease: PortLease, setup: Pick<ChildSetup, 'portBase' | 'onMoved'>, logger: Logger) {
    this.#lease = lease;
    this.#setup = setup;
    this.#logger = logger;
  }

  get ports(): ChildPorts {
    return this.#lease.ports;
  }

  release(): Promise<void> {
    return this.#lease.release();
  }

  /** Moves to other ports if somebody has taken ours meanwhile. */
  async prove(): Promise<void> {
    if (await this.#lease.areFree()) return;
    const [lease] = await leasePorts(1, this.#setup.portBase);
    if (lease === undefined) return;
    this.#logger.warn({ from: this.#lease.ports, to: lease.ports }, 'ports taken, child moves');
    await this.#lease.release();
    this.#lease = lease;
    await this.#setup.onMoved();
  }
}

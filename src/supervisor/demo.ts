import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { nearAddress } from '../config/address.js';
import type { Address } from '../config/config.js';
import { DemoPublisher } from '../demo/publisher.js';
import type { Logger } from '../logging/logger.js';
import { PACKAGE_ROOT } from '../version.js';

/** Publishes our clip through the RTMP port, so it starts after that port. */
export class DemoRoom {
  readonly #rtmp: Address;
  readonly #bound: () => AddressInfo | null;
  readonly #logger: Logger;
  #publisher: DemoPublisher | null = null;

  constructor(rtmp: Address, bound: () => AddressInfo | null, logger: Logger) {
    this.#rtmp = rtmp;
    this.#bound = bound;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    const clipPath = join(PACKAGE_ROOT, 'examples', 'demo.flv');
    const { port = 0 } = this.#bound() ?? {};
    const { host = '' } = nearAddress(this.#rtmp);
    const target = { host, port, app: 'live', stream: 'demo' };
    this.#publisher = new DemoPublisher({ ...target, clipPath, logger: this.#logger });
    await this.#publisher.start();
  }

  async close(): Promise<void> {
    await this.#publisher?.close();
  }
}

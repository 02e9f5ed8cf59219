/**
 * The room `firewall/`: keeps others off the children's media ports by an nftables table.
 * May import: child, config, logging, relay.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { ChildPorts } from '../child/types.js';
import { messageOf, SupervisorError } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { type ClosedPorts, closedPorts, type FirewallPlan } from './exposed.js';
import { Firewall } from './firewall.js';
import { openPortsText } from './rules.js';

export interface FirewallKeeperOptions {
  /** Null: no port needs closing. */
  readonly plan: FirewallPlan | null;
  /** `children.firewall: on`: nothing may run with open ports. */
  readonly isRequired: boolean;
  /** The key `children.portBase`. */
  readonly portBase: number;
  readonly logger: Logger;
}

const RETRY_MS = { first: 1000, most: 60_000 };

/** Closes the children's media ports to others; starts before the children, ends after them. */
export class FirewallKeeper {
  readonly #options: FirewallKeeperOptions;
  readonly #closing = new AbortController();
  #firewall: Firewall | null = null;
  #obstacle: string | null;
  #ports: ClosedPorts = { udp: [], tcp: [] };

  constructor(options: FirewallKeeperOptions) {
    this.#options = options;
    this.#obstacle = options.plan?.obstacle ?? null;
  }

  /** Rejects with ERR_CONFIG if nftables does not work and is required. */
  async start(): Promise<void> {
    if (this.#options.plan === null || this.#obstacle !== null) return;
    try {
      await this.#open();
    } catch (error) {
      this.#obstacle = messageOf(error);
      this.#insist(this.#obstacle);
    }
  }

  /**
   * Resolves when these children's ports are closed to others, or a warning that they are open was
   * logged. Rejects with ERR_CONFIG if they are open and the firewall is required.
   */
  async guard(children: readonly ChildPorts[]): Promise<void> {
    const { plan } = this.#options;
    if (plan === null) return;
    this.#ports = closedPorts(children, plan.exposed);
    if (this.#obstacle !== null) return this.#warn(this.#obstacle);
    // If nft has just ended it is being restarted; the ports are open meanwhile.
    const closed = this.#firewall?.close(this.#ports) ?? Promise.reject(new Error('nft has ended'));
    await closed.catch((error: unknown) => this.#insist(messageOf(error)));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#firewall?.end();
  }

  async #open(): Promise<void> {
    const firewall = await Firewall.open();
    // Set before the first `close`, because `guard` may replace the ports meanwhile.
    this.#firewall = firewall;
    await firewall.close(this.#ports).catch((error: unknown) => {
      this.#firewall = null;
      throw error;
    });
    void firewall.ended.then((reason) => this.#lost(reason));
  }

  async #lost(reason: string): Promise<void> {
    this.#firewall = null;
    if (this.#closing.signal.aborted) return;
    this.#warn(reason);
    for (let wait = RETRY_MS.first; !this.#closing.signal.aborted; wait *= 2) {
      const time = Math.min(wait, RETRY_MS.most);
      await delay(time, undefined, { signal: this.#closing.signal }).catch(() => {});
      if (await this.#reopen()) return;
    }
  }

  async #reopen(): Promise<boolean> {
    try {
      await this.#open();
    } catch {
      return false;
    }
    if (this.#closing.signal.aborted) await this.#firewall?.end();
    else
      this.#options.logger.info("children.firewall: the children's media ports are closed again");
    return true;
  }

  #insist(reason: string): void {
    if (!this.#options.isRequired) return;
    throw new SupervisorError('ERR_CONFIG', `children.firewall: on, but ${reason}`);
  }

  #warn(reason: string): void {
    const { logger, portBase } = this.#options;
    logger.warn(openPortsText(reason, this.#ports, portBase));
  }
}

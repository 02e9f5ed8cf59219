import { networkOf } from './client-address.js';

/**
 * Most players that wait for streams that nobody publishes, in all and per address (0: no limit per
 * address).
 */
export interface HoldLimits {
  readonly heldPlayers: number;
  readonly heldPlayersPerIp: number;
}

/** Counts the waiting players of all ports. */
export class HoldBudget {
  #limits: HoldLimits;
  /** By address; IPv6 by its first 64 bits. */
  readonly #perIp = new Map<string, number>();
  #size = 0;

  constructor(limits: HoldLimits) {
    this.#limits = limits;
  }

  /** Sets other limits, for players that come from now on. */
  renew(limits: HoldLimits): void {
    this.#limits = limits;
  }

  /** Number of waiting players. */
  get size(): number {
    return this.#size;
  }

  /** Counts a player in and returns null, or returns the limit that refuses it. */
  take(ip: string): keyof HoldLimits | null {
    const { heldPlayers, heldPlayersPerIp } = this.#limits;
    const network = networkOf(ip);
    const ofThisIp = this.#perIp.get(network) ?? 0;
    if (this.#size >= heldPlayers) return 'heldPlayers';
    if (heldPlayersPerIp > 0 && ofThisIp >= heldPlayersPerIp) return 'heldPlayersPerIp';
    this.#size += 1;
    this.#perIp.set(network, ofThisIp + 1);
    return null;
  }

  giveBack(ip: string): void {
    this.#size -= 1;
    const network = networkOf(ip);
    const left = (this.#perIp.get(network) ?? 1) - 1;
    if (left > 0) this.#perIp.set(network, left);
    else this.#perIp.delete(network);
  }
}

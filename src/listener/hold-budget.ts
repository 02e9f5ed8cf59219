/** How many players may wait for streams that nobody publishes; 0 from one address: any number. */
export interface HoldLimits {
  readonly heldPlayers: number;
  readonly heldPlayersPerIp: number;
}

/** Counts the players that wait, on all ports. */
export class HoldBudget {
  readonly #limits: HoldLimits;
  readonly #perIp = new Map<string, number>();
  #size = 0;

  constructor(limits: HoldLimits) {
    this.#limits = limits;
  }

  /** How many wait now. */
  get size(): number {
    return this.#size;
  }

  /** Null: it is counted in. Else the limit that refuses it. */
  take(ip: string): keyof HoldLimits | null {
    const { heldPlayers, heldPlayersPerIp } = this.#limits;
    const ofThisIp = this.#perIp.get(ip) ?? 0;
    if (this.#size >= heldPlayers) return 'heldPlayers';
    if (heldPlayersPerIp > 0 && ofThisIp >= heldPlayersPerIp) return 'heldPlayersPerIp';
    this.#size += 1;
    this.#perIp.set(ip, ofThisIp + 1);
    return null;
  }

  giveBack(ip: string): void {
    this.#size -= 1;
    const left = (this.#perIp.get(ip) ?? 1) - 1;
    if (left > 0) this.#perIp.set(ip, left);
    else this.#perIp.delete(ip);
  }
}

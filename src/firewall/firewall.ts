import { randomBytes } from 'node:crypto';
import { SupervisorError } from '../errors.js';
import { Nft } from '../relay/kernel/nft.js';
import type { ClosedPorts } from './exposed.js';
import { tableText } from './rules.js';

const ANSWER_MS = 5000;
const NONE: ClosedPorts = { udp: [], tcp: [] };

/** nft's errors that the user can mend, with the cause in words. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ENOENT/, 'there is no program nft (package nftables)'],
  [/not permitted/, 'no right to nftables (CAP_NET_ADMIN)'],
];

/**
 * An nftables table that closes ports to others. The kernel removes it when this process ends,
 * however that happens.
 */
export class Firewall {
  readonly #name = `srs_supervisor_children_${randomBytes(4).toString('hex')}`;
  readonly #nft: Nft;
  #version = 0;
  #last: Promise<void> = Promise.resolve();
  #refusal: string | null = null;
  #hear: (line: string) => void = () => {};
  #refuse: (reason: string) => void = () => {};

  /** Opens the firewall. Rejects with ERR_CONFIG if nft, a right or kernel support is missing. */
  static async open(): Promise<Firewall> {
    const firewall = new Firewall();
    await firewall.close(NONE);
    return firewall;
  }

  private constructor() {
    this.#nft = new Nft({
      onLine: (line) => this.#hear(line),
      onError: (text) => this.#refuse(text),
    });
    void this.ended.then((reason) => this.#refuse(reason));
  }

  /** Resolves with the reason when the table is gone; never rejects. */
  get ended(): Promise<string> {
    return this.#nft.ended.then((reason) => this.#refusal ?? reason);
  }

  /**
   * Closes exactly these ports; resolves when the kernel has the rules. If it refuses them, rejects
   * with ERR_CONFIG and removes the table.
   */
  close(ports: ClosedPorts): Promise<void> {
    this.#last = this.#last.then(() => this.#replace(ports));
    return this.#last;
  }

  /** Removes the table; resolves when it is gone. */
  end(): Promise<void> {
    return this.#nft.close();
  }

  /** Replaces the table in one transaction; listing the new table's name confirms it. */
  async #replace(ports: ClosedPorts): Promise<void> {
    const before = this.#version === 0 ? '' : `delete table inet ${this.#name}_${this.#version}; `;
    const name = `${this.#name}_${this.#version + 1}`;
    const answer = this.#answerFor(name);
    this.#nft.run(`${before}${tableText(name, ports, true)}`);
    this.#nft.run(`list table inet ${name}`);
    const answered = await answer;
    if (answered !== null) {
      this.#refusal = REASONS.find(([pattern]) => pattern.test(answered))?.[1] ?? answered;
      await this.end();
      throw new SupervisorError('ERR_CONFIG', this.#refusal);
    }
    this.#version += 1;
  }

  /** Resolves to null when nft has listed the table, else to its error. */
  async #answerFor(name: string): Promise<string | null> {
    let limit: NodeJS.Timeout | undefined;
    const answer = new Promise<string | null>((resolve) => {
      this.#hear = (line) => line.includes(`"${name}"`) && resolve(null);
      this.#refuse = resolve;
      limit = setTimeout(resolve, ANSWER_MS, 'nft does not answer');
    });
    return answer.finally(() => clearTimeout(limit));
  }
}

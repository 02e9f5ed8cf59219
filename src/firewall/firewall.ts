import { randomBytes } from 'node:crypto';
import { SupervisorError } from '../errors.js';
import { Nft } from '../relay/kernel/nft.js';
import type { ClosedPorts } from './exposed.js';
import { tableText } from './rules.js';

const ANSWER_MS = 5000;
const NONE: ClosedPorts = { udp: [], tcp: [] };

/** What nft says that people can mend, in words that say how. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ENOENT/, 'there is no program nft (package nftables)'],
  [/not permitted/, 'no right to nftables (CAP_NET_ADMIN)'],
];

/** A table of the kernel's that closes ports to others. It goes with this process, however that ends. */
export class Firewall {
  readonly #name = `srs_supervisor_children_${randomBytes(4).toString('hex')}`;
  readonly #nft: Nft;
  #version = 0;
  #last: Promise<void> = Promise.resolve();
  #refusal: string | null = null;
  #hear: (line: string) => void = () => {};
  #refuse: (reason: string) => void = () => {};

  /** Rejects with ERR_CONFIG where nft, a right or the kernel is missing. */
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

  /** Resolves, never rejects, with the reason when the table is gone. */
  get ended(): Promise<string> {
    return this.#nft.ended.then((reason) => this.#refusal ?? reason);
  }

  /**
   * Closes these ports and no others; resolves when the kernel has them. Rejects with ERR_CONFIG where
   * it refuses, and then the table goes, too.
   */
  close(ports: ClosedPorts): Promise<void> {
    this.#last = this.#last.then(() => this.#replace(ports));
    return this.#last;
  }

  /** Resolves when the table is gone. */
  end(): Promise<void> {
    return this.#nft.close();
  }

  /** The old table goes in the moment in which the new one comes; its name tells that it has. */
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

  /** Null when nft has listed the table, else why it has not. */
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

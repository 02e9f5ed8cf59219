import type { Answerer, AnswererModule, UdpEndpoint } from './udp.js';

/** An answerer at work, where datagrams are read. */
export class Answers {
  readonly #make: AnswererModule['makeAnswer'];
  #answer: ReturnType<AnswererModule['makeAnswer']>;

  private constructor({ makeAnswer }: AnswererModule, settings: unknown) {
    this.#make = makeAnswer;
    this.#answer = makeAnswer(settings);
  }

  /** Rejects when the module cannot be loaded. */
  static async load({ module, settings }: Answerer): Promise<Answers> {
    return new Answers(await import(module), settings);
  }

  changeTo(settings: unknown): void {
    this.#answer = this.#make(settings);
  }

  /** The answer, or null. Never longer than what came: an address may be forged. */
  to(datagram: Buffer, from: UdpEndpoint): Buffer | null {
    const answer = this.#answer(datagram, from);
    return answer === null || answer.length > datagram.length ? null : answer;
  }
}

import { closeSync } from 'node:fs';
import type { Posix } from '../system/posix.js';
import { type Handover, type Part, partOf } from './document.js';
import { execProgram, type ProgramCall } from './exec.js';

/** State that the program before has left, until all of it is taken over. */
export class Inheritance {
  readonly handover: Handover;
  readonly #posix: Posix;
  readonly #call: ProgramCall;
  /** Descriptors that nobody has taken over yet. */
  readonly #unclaimed: Set<number>;
  /** Gives parts that have changed since they were taken, for the way back. */
  readonly #givers: (() => Promise<Readonly<Record<string, unknown>>>)[] = [];
  #isOver = false;
  /** Resolves when streams and clients are known here. */
  readonly known: Promise<void>;
  #isKnown: () => void = () => {};

  /** `call`: of this program. */
  constructor(handover: Handover, posix: Posix, call: ProgramCall) {
    this.#call = call;
    this.handover = handover;
    this.#posix = posix;
    this.#unclaimed = new Set(handover.descriptors);
    this.known = new Promise((resolve) => {
      this.#isKnown = resolve;
    });
  }

  /** The program before could still be brought back, and has not been yet. */
  get canGoBack(): boolean {
    return !this.#isOver && this.handover.failure === null;
  }

  /** Returns a part of the state; null if there is none. Throws an error of one line. */
  part<Value>(part: Part<Value>): Value | null {
    return partOf(this.handover, part);
  }

  /** Notes that streams and clients are known here. */
  becomesKnown(): void {
    this.#isKnown();
  }

  /** Notes that these descriptors have an owner here. */
  claim(...descriptors: readonly number[]): void {
    for (const fd of descriptors) this.#unclaimed.delete(fd);
  }

  /** Has the way back give these parts anew: what was taken has changed since. */
  givesBack(give: () => Promise<Readonly<Record<string, unknown>>>): void {
    this.#givers.push(give);
  }

  /** All that this program understands is taken over: what is left of the rest is closed. */
  complete(): void {
    this.#isOver = true;
    for (const fd of this.#unclaimed) closeSync(fd);
    this.#unclaimed.clear();
  }

  /**
   * Brings the program before this one back, with all that it has left. Returns only if that fails,
   * with the system's error code.
   */
  async goBack(failure: string): Promise<string> {
    this.#isOver = true;
    const { handover } = this;
    const renewed = await Promise.all(this.#givers.map((give) => give()));
    const parts = Object.assign({}, handover.parts, ...renewed);
    const call = { ...this.#call, script: handover.script };
    return execProgram(this.#posix, call, { ...handover, parts, failure });
  }
}

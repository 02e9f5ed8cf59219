import { ALL_SLOTS, SLOTS } from './protocol.js';

/** The holder of each slot of a thread. */
export class SlotArray<T> {
  // Two of them, for an array that begins far from 0 is a slow one.
  readonly #handed: (T | undefined)[] = [];
  readonly #own: (T | undefined)[] = [];
  #count = 0;

  /** Slots that have a holder. */
  get count(): number {
    return this.#count;
  }

  at(slot: number): T | undefined {
    return slot < SLOTS ? this.#handed[slot] : this.#own[slot - SLOTS];
  }

  put(slot: number, one: T | undefined): void {
    this.#count += Number(one !== undefined) - Number(this.at(slot) !== undefined);
    if (slot < SLOTS) this.#handed[slot] = one;
    else this.#own[slot - SLOTS] = one;
  }

  /** The holders; they may leave meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const slots of [this.#handed, this.#own]) {
      for (const one of slots) if (one !== undefined) yield one;
    }
  }
}

/** The slots that a thread gives to clients of its own. */
export class OwnSlots {
  readonly #free: number[] = [];
  /** The slots of pairs that have ended: the control side may still read their counters. */
  #resting: number[] = [];
  readonly #counted: Int32Array;
  #next = SLOTS;

  /** `counted`: 1 for each slot that the control side still counts. */
  constructor(counted: Int32Array) {
    this.#counted = counted;
  }

  /** Null: there are as many clients as can be. */
  take(): number | null {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    return this.#next < ALL_SLOTS ? this.#next++ : null;
  }

  /** Takes back a slot that nobody else has heard of. */
  giveBack(slot: number): void {
    this.#free.push(slot);
  }

  /** The control side reads the slot's counters, until it says that it has done. */
  count(slot: number): void {
    Atomics.store(this.#counted, slot, 1);
  }

  /** The slot's pair has ended. */
  rest(slot: number): void {
    this.#resting.push(slot);
  }

  /** Takes back the slots that the control side has done with. */
  collect(): void {
    if (this.#resting.length === 0) return;
    const counted: number[] = [];
    for (const slot of this.#resting) {
      if (Atomics.load(this.#counted, slot) === 1) counted.push(slot);
      else this.#free.push(slot);
    }
    this.#resting = counted;
  }
}

/** Both ends of a client that is being handed over. */
interface Pair {
  readonly client: number;
  readonly child: number;
}

/**
 * The pair of descriptors that a listener thread has just duplicated: nobody's but its own until the
 * control thread hears of it. There is one at a time, for it is handed over in the same turn. In shared
 * memory, so that whoever outlives the thread can close it.
 */
export class InHand {
  /** Client, child, and the pair's number. */
  readonly numbers: Int32Array;

  constructor(numbers: Int32Array = new Int32Array(new SharedArrayBuffer(12))) {
    this.numbers = numbers;
  }

  /** The number of the last pair. */
  get count(): number {
    return Atomics.load(this.numbers, 2);
  }

  /** The thread has duplicated them. */
  take({ client, child }: Pair): void {
    this.numbers[0] = client;
    this.numbers[1] = child;
    Atomics.add(this.numbers, 2, 1);
  }

  /** What a thread that is gone had in its hand, where the last pair heard of has that number; else null. */
  leftBehind(heard: number): Pair | null {
    const [client = -1, child = -1] = this.numbers;
    return this.count === heard ? null : { client, child };
  }
}

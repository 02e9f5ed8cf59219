/** What a command writes to: process.stdout or process.stderr, or a test's own. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** One line on a terminal that is written over and over; nothing at all anywhere else. */
export class ProgressLine {
  readonly #output: Output;
  readonly #label: string;

  constructor(output: Output, label: string) {
    this.#output = output;
    this.#label = label;
  }

  update(done: number, total: number): void {
    if (this.#output.isTTY) this.#output.write(`\r${this.#label}: ${done} of ${total}`);
  }

  /** Takes the line away again. */
  clear(): void {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K');
  }
}

/** What a command writes to: process.stdout or process.stderr, or a test's own. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** To the start of the line, and clear it. */
export const CLEAR = '\r\x1b[K';

/** One line at the foot of a terminal, written over and over; nothing at all anywhere else. */
export class ProgressLine {
  readonly #output: Output;
  #text = '';

  constructor(output: Output) {
    this.#output = output;
  }

  /** Shows another text; '' takes the line away. */
  show(text: string): void {
    this.#text = text;
    if (this.#output.isTTY) this.#output.write(`${CLEAR}${text}`);
  }

  /** Writes whole lines above it. */
  above(lines: string): void {
    const redraw = this.#output.isTTY && this.#text !== '';
    this.#output.write(redraw ? `${CLEAR}${lines}${this.#text}` : lines);
  }
}

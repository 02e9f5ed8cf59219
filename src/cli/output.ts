/** Output of a command: process.stdout, process.stderr, or one of a test. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Output that nobody sees. */
export const NO_OUTPUT: Output = { write: () => {} };

/** Columns and rows of a terminal. */
interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Returns the size of a terminal; one without a window tells 0 or nothing, and gets 80x24. */
export function sizeOf({ columns, rows }: Partial<TerminalSize>): TerminalSize {
  return { columns: columns || 80, rows: rows || 24 };
}

/** Columns of the terminal; null: the output is none, and lines may be of any length. */
export function terminalWidth(
  { isTTY = false }: Output,
  streams: readonly Partial<TerminalSize>[] = [process.stdout, process.stderr],
): number | null {
  const terminal = streams.find(({ columns }) => columns !== undefined);
  return isTTY ? sizeOf(terminal ?? {}).columns : null;
}

/** Terminal sequence: go to the start of the line and clear it. */
export const CLEAR = '\r\x1b[K';

/** A progress line at the foot of a terminal. Writes nothing if the output is no terminal. */
export class ProgressLine {
  readonly #output: Output;
  #text = '';

  constructor(output: Output) {
    this.#output = output;
  }

  /** Shows another text; '' removes the line. */
  show(text: string): void {
    this.#text = text;
    if (this.#output.isTTY) this.#output.write(`${CLEAR}${text}`);
  }

  /** Writes whole lines above the progress line. */
  above(lines: string): void {
    const redraw = this.#output.isTTY && this.#text !== '';
    this.#output.write(redraw ? `${CLEAR}${lines}${this.#text}` : lines);
  }
}

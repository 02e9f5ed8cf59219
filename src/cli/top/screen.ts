import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { sizeOf } from '../output.js';
import type { Key } from './state.js';
import type { Line, Paint, Size } from './view.js';

const ESC = '\x1b[';
/** Another screen without a cursor, and the first one again. */
const ENTER = `${ESC}?1049h${ESC}?25l`;
const LEAVE = `${ESC}?25h${ESC}?1049l`;

/** Select Graphic Rendition (ECMA-48, 8.3.117). */
const COLOURS: Readonly<Record<Paint, string>> = {
  plain: '',
  dim: '2',
  bold: '1',
  selected: '7',
  good: '32',
  warm: '33',
  hot: '31',
  question: '1;33',
};
/** Without colours, only what tells apart otherwise. */
const SHADES: Readonly<Partial<Record<Paint, string>>> = {
  bold: '1',
  selected: '7',
  question: '1',
};

interface ScreenOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly hasColours: boolean;
  readonly onKey: (key: Key) => void;
  readonly onResize: () => void;
}

/** The whole terminal, in place of what it showed before; `close` brings that back. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #keypress: (text: string, key: Key) => void;

  constructor(options: ScreenOptions) {
    this.#options = options;
    const { input, output, onKey, onResize } = options;
    this.#keypress = (_, key) => onKey(key);
    emitKeypressEvents(input);
    input.setRawMode(true);
    input.on('keypress', this.#keypress).resume();
    output.on('resize', onResize);
    output.write(ENTER);
  }

  get size(): Size {
    const { columns, rows } = sizeOf(this.#options.output);
    return { columns, lines: rows };
  }

  draw(lines: readonly Line[]): void {
    const texts = lines.map((line) => `${this.#painted(line)}${ESC}K`);
    this.#options.output.write(`${ESC}H${texts.join('\r\n')}${ESC}J`);
  }

  close(): void {
    const { input, output, onResize } = this.#options;
    output.off('resize', onResize);
    output.write(LEAVE);
    input.off('keypress', this.#keypress).pause();
    input.setRawMode(false);
  }

  #painted(line: Line): string {
    const codes = this.#options.hasColours ? COLOURS : SHADES;
    return line
      .map(({ text, paint }) => (codes[paint] ? `${ESC}${codes[paint]}m${text}${ESC}0m` : text))
      .join('');
  }
}

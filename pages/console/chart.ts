import uPlot from 'uplot';
import { make, setText } from './elements.js';
import { clock } from './text.js';

export interface ChartLine {
  readonly label: string;
  /** Name of a colour in the style sheet, without its dashes. */
  readonly colour: string;
  readonly format: (value: number) => string;
  readonly isFilled?: boolean;
  /** Its figures are whole numbers. */
  readonly isWhole?: boolean;
}

const HEIGHT = 150;
const HOUR_SECONDS = 3600;
/** A box that has just begun is not drawn at the edge of an empty hour. */
const LEAST_SECONDS = 300;
/** Steps of an axis of whole numbers. */
const WHOLE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5].flatMap((one) => [one, 2 * one, 5 * one]);

/** A chart of figures over the last hour, which shows the figures under the pointer. */
export class Chart {
  readonly element: HTMLElement;
  readonly #title: string;
  readonly #lines: readonly ChartLine[];
  readonly #figures: readonly HTMLElement[];
  readonly #plot: uPlot;
  readonly #watch: ResizeObserver;
  #data: uPlot.AlignedData = [[]];

  constructor(title: string, lines: readonly ChartLine[]) {
    this.#title = title;
    this.#lines = lines;
    this.#figures = lines.map(() => make('b'));
    const legend = lines.map((line, i) =>
      make(
        'span',
        { className: `key key-${line.colour}` },
        `${line.label} `,
        this.#figures[i] ?? '',
      ),
    );
    const head = make('figcaption', {}, make('span', { textContent: title }), ...legend);
    const place = make('div', { className: 'plot' });
    place.setAttribute('role', 'img');
    this.element = make('figure', { className: 'chart' }, head, place);
    this.#plot = new uPlot(this.#options(), [[], ...lines.map(() => [])], place);
    this.#watch = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0) this.#plot.setSize({ width, height: HEIGHT });
    });
    this.#watch.observe(place);
  }

  /** Shows figures; `at` in milliseconds since 1970, the columns in the order of the lines. */
  show(at: readonly number[], columns: readonly (readonly (number | null)[])[]): void {
    const seconds = at.map((ms) => ms / 1000);
    this.#data = [seconds, ...columns.map((column) => [...column])];
    const end = seconds.at(-1) ?? Date.now() / 1000;
    this.#plot.batch(() => {
      this.#plot.setData(this.#data, false);
      const known = end - (seconds[0] ?? end);
      const shown = Math.min(HOUR_SECONDS, Math.max(LEAST_SECONDS, known));
      this.#plot.setScale('x', { min: end - shown, max: end });
    });
    this.#tell(null);
  }

  /** Draws again, in the colours that now hold. */
  repaint(): void {
    this.#plot.redraw(false);
  }

  close(): void {
    this.#watch.disconnect();
    this.#plot.destroy();
  }

  /** Tells the figures at that index; null: the newest ones. */
  #tell(index: number | null): void {
    const texts = this.#lines.map(({ format }, i) => {
      const column = this.#data[i + 1];
      const value = index === null ? column?.at(-1) : column?.[index];
      return typeof value === 'number' ? format(value) : '–';
    });
    for (const [i, text] of texts.entries()) {
      const figure = this.#figures[i];
      if (figure !== undefined) setText(figure, text);
    }
    if (index !== null) return;
    const words = this.#lines.map(({ label }, i) => `${label} ${texts[i]}`).join(', ');
    this.element.querySelector('.plot')?.setAttribute('aria-label', `${this.#title}: ${words}`);
  }

  #options(): uPlot.Options {
    const [first] = this.#lines;
    const axis = { stroke: () => colour('faint'), font: '11px system-ui', size: 24 };
    const grid = { stroke: () => colour('line'), width: 1 };
    const ticks = { show: false };
    const series = this.#lines.map((line) => ({
      label: line.label,
      stroke: () => colour(line.colour),
      width: 1.5,
      points: { show: false },
      ...(line.isFilled === true && { fill: () => colour(`${line.colour}-soft`) }),
    }));
    return {
      width: 300,
      height: HEIGHT,
      legend: { show: false },
      padding: [10, 16, 0, 0],
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
      axes: [
        {
          ...{ ...axis, grid: { show: false }, ticks, space: 60 },
          values: (_plot, values) => values.map((value) => hourAndMinute(value)),
        },
        {
          ...{ ...axis, grid, ticks, size: 64, space: 40 },
          ...(first?.isWhole === true && { incrs: WHOLE_STEPS }),
          values: (_plot, values) => values.map((value) => first?.format(value) ?? ''),
        },
      ],
      series: [{}, ...series],
      hooks: { setCursor: [({ cursor }) => this.#tell(cursor.idx ?? null)] },
    };
  }
}

function hourAndMinute(seconds: number): string {
  return clock(1000 * seconds).slice(0, 5);
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

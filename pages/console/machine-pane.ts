import { formatPercent } from '../../src/cli/format.js';
import type { ConsoleAnswer } from '../../src/console/answer.js';
import { Chart } from './chart.js';
import { make, makeLink, setText } from './elements.js';
import { EventList } from './event-list.js';
import type { Pane, Shared } from './pane.js';
import { MachinePicture } from './picture.js';
import { printRoute } from './route.js';
import { age, bits } from './text.js';

/** Events that are shown beside the machine. */
const EVENTS = 8;

/** The machine as a picture, the last hour in charts, and what needs a look. */
export class MachinePane implements Pane {
  readonly element = make('div', { className: 'pane machine' });
  readonly #shared: Shared;
  readonly #picture = new MachinePicture();
  readonly #notes = make('ul', { className: 'notes' });
  readonly #charts: readonly (readonly [Chart, readonly string[]])[];
  readonly #events = new EventList(EVENTS);
  readonly #stop: () => void;
  #hasShape = false;
  #isDrawn = false;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#charts = makeCharts();
    const charts = make(
      'div',
      { className: 'charts' },
      ...this.#charts.map(([{ element }]) => element),
    );
    const more = makeLink('All events', printRoute('events'));
    this.element.append(
      section('The machine', makeLegend(), this.#notes, this.#picture.element),
      section('The last hour', charts),
      section('Latest events', this.#events.element, more),
    );
    this.#stop = shared.feed.listen(() => this.#showEvents());
    this.#showEvents();
  }

  query(): Record<string, string> {
    return { load: '1', ...(this.#hasShape ? {} : { shape: '1' }) };
  }

  show({ shape, load, box, at }: ConsoleAnswer, isSampled: boolean): void {
    if (shape !== undefined) {
      this.#picture.build(shape);
      this.#hasShape = true;
    }
    if (load !== undefined && this.#hasShape) this.#picture.show(load);
    this.#showNotes(box, at);
    if (!isSampled && this.#isDrawn) return;
    this.#isDrawn = true;
    const { samples } = this.#shared;
    for (const [chart, names] of this.#charts) {
      chart.show(
        samples.at,
        names.map((name) => samples.of(name)),
      );
    }
  }

  repaint(): void {
    for (const [chart] of this.#charts) chart.repaint();
  }

  close(): void {
    this.#stop();
    for (const [chart] of this.#charts) chart.close();
  }

  #showEvents(): void {
    const { events } = this.#shared.feed;
    if (events.length === 0) this.#events.none('nothing has happened yet');
    else this.#events.show(events);
  }

  #showNotes({ children, job, fullDisk }: ConsoleAnswer['box'], at: number): void {
    const texts = [
      ...(job === null ? [] : [`${job.what}: ${job.done} of ${job.total}. ${job.now.join(', ')}`]),
      ...(fullDisk === null ? [] : ['The disk of the work directory is full.']),
      ...children.notes.map(({ id, state, since, why }) => {
        return `${id} ${state} for ${age(since, at)}${why === null ? '' : `: ${why}`}`;
      }),
    ];
    while (this.#notes.children.length > texts.length) this.#notes.lastChild?.remove();
    while (this.#notes.children.length < texts.length) this.#notes.append(make('li'));
    for (const [i, text] of texts.entries()) {
      const item = this.#notes.children[i];
      if (item !== undefined) setText(item, text);
    }
  }
}

function section(title: string, ...content: readonly Node[]): HTMLElement {
  const heading = make('h2', { textContent: title });
  return make('section', { className: 'card' }, heading, ...content);
}

function makeLegend(): HTMLElement {
  const keys = [
    ['idle', 'under 5%'],
    ['calm', 'under 60%'],
    ['warm', '60% and more'],
    ['hot', '85% and more'],
    ['draining', 'draining'],
    ['failed', 'not serving'],
  ] as const;
  const items = keys.map(([level, text]) => {
    const swatch = make('i', { className: 'swatch' });
    swatch.dataset.level = level;
    return make('li', {}, swatch, text);
  });
  return make('ul', { className: 'legend' }, ...items);
}

function makeCharts(): (readonly [Chart, readonly string[]])[] {
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const ms = (value: number) => `${Math.round(value)} ms`;
  const percent = formatPercent;
  return [
    [
      new Chart('Traffic', [
        { label: 'out', colour: 'one', format: bits, isFilled: true },
        { label: 'in', colour: 'two', format: bits },
      ]),
      ['out', 'in'],
    ],
    [
      new Chart('Connections', [
        { label: 'now', colour: 'one', format: whole, isFilled: true, isWhole: true },
      ]),
      ['clients'],
    ],
    [
      new Chart('CPU of children', [
        { label: 'busiest', colour: 'two', format: percent },
        { label: 'mean', colour: 'one', format: percent, isFilled: true },
      ]),
      ['cpuMost', 'cpu'],
    ],
    [
      new Chart('Streams', [
        { label: 'now', colour: 'one', format: whole, isFilled: true, isWhole: true },
      ]),
      ['streams'],
    ],
    [
      new Chart('CPU of the supervisor', [
        { label: 'all threads', colour: 'one', format: percent, isFilled: true },
      ]),
      ['own'],
    ],
    [
      new Chart('Lateness of its event loop', [
        { label: 'most', colour: 'two', format: ms, isFilled: true },
      ]),
      ['lag'],
    ],
  ];
}

import { formatPercent } from '../../src/cli/format.js';
import type { ConsoleAnswer } from '../../src/console/answer.js';
import { make, makeLink, makeSvg, setAttribute, setText } from './elements.js';
import { PANES, type PaneName, printRoute } from './route.js';
import type { Samples } from './samples.js';
import { Spark } from './spark.js';
import { age, bits } from './text.js';

const TITLES: Readonly<Record<PaneName, string>> = {
  machine: 'Machine',
  children: 'Children',
  streams: 'Streams',
  clients: 'Clients',
  events: 'Events',
  box: 'Box',
};

/** Figures of the box, and the sample that each one's small chart shows. */
const FIGURES = {
  children: ['Children ready', 'cpu'],
  streams: ['Streams', 'streams'],
  clients: ['Connections', 'clients'],
  in: ['In', 'in'],
  out: ['Out', 'out'],
  own: ['Supervisor CPU', 'own'],
} as const;
type FigureName = keyof typeof FIGURES;

/** Figures in a small chart: ten minutes. */
const SPARK = 120;

/** The head of the page: what runs, the ways to the panes, and the box in six figures. */
export class Head {
  readonly element = make('header', { className: 'top' });
  readonly figures = make('section', { className: 'now' });
  readonly #version = make('span', { className: 'version' });
  readonly #state = make('span', { className: 'badge' });
  readonly #links = PANES.map((pane) => [pane, makeLink(TITLES[pane], printRoute(pane))] as const);
  readonly #tiles: ReadonlyMap<FigureName, readonly [HTMLElement, Spark, string]>;

  constructor() {
    const name = make('strong', { textContent: 'srs-supervisor' });
    const brand = make('a', { className: 'brand', href: printRoute('machine') }, makeMark(), name);
    const nav = make('nav', {}, ...this.#links.map(([, link]) => link));
    nav.setAttribute('aria-label', 'Parts of the console');
    this.element.append(brand, this.#version, this.#state, nav);
    const list = make('ul', { className: 'figures' });
    this.figures.append(list);
    const tiles = Object.entries(FIGURES).map(([key, [title, sample]]) => {
      const [value, spark] = [make('b', { textContent: '–' }), new Spark()];
      const label = make('span', { textContent: title });
      const item = make('li', {}, label, value);
      item.append(spark.element);
      item.dataset.figure = key;
      list.append(item);
      return [key as FigureName, [value, spark, sample]] as const;
    });
    this.figures.setAttribute('aria-label', 'The box now');
    this.#tiles = new Map(tiles);
  }

  go(pane: PaneName): void {
    for (const [name, link] of this.#links) {
      setAttribute(link, 'aria-current', name === pane ? 'page' : null);
    }
    document.title = `${TITLES[pane]} · srs-supervisor`;
  }

  /** Makes the heading of a pane for those who hear it; others see it in the head. */
  heading(pane: PaneName): HTMLElement {
    return make('h1', { textContent: TITLES[pane], className: 'heard' });
  }

  show({ box, at }: ConsoleAnswer, samples: Samples, isSampled: boolean): void {
    const { srs, children } = box;
    const kind = srs.kind === 'none' ? '' : ` · ${srs.kind} ${srs.version}`;
    setText(this.#version, `${box.version}${kind}`);
    setText(this.#state, `${box.state} for ${age(at - 1000 * box.uptimeSeconds, at)}`);
    setAttribute(this.#state, 'data-state', box.state);
    const texts: Record<FigureName, string> = {
      children: `${children.ready} / ${children.total}`,
      streams: box.streams.toLocaleString('en'),
      clients: box.connections.toLocaleString('en'),
      in: bits(box.rateIn),
      out: bits(box.rateOut),
      own: formatPercent(box.own),
    };
    for (const [key, [value, spark, sample]] of this.#tiles) {
      setText(value, texts[key]);
      if (isSampled) spark.show(samples.of(sample).slice(-SPARK));
    }
    const tile = this.figures.querySelector('li');
    const isWhole = children.ready === children.total;
    if (tile !== null) setAttribute(tile, 'data-bad', isWhole ? null : 'true');
  }
}

/** The product's mark, as in icon.svg. */
function makeMark(): SVGSVGElement {
  const back = makeSvg('rect', { width: '32', height: '32', rx: '8', class: 'mark-back' });
  const front = makeSvg('path', { d: 'M12 9.5v13l11-6.5z', fill: '#fff' });
  const box = { viewBox: '0 0 32 32', width: '24', height: '24', 'aria-hidden': 'true' };
  return makeSvg('svg', box, back, front);
}

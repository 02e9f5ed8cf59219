import type { ThingSeries } from '../../src/console/answer.js';
import type { Chart } from './chart.js';
import { make, makeLink, setText } from './elements.js';
import { type PaneName, printRoute } from './route.js';

/** Facts as a list of names and values. */
export class Facts {
  readonly element = make('dl', { className: 'facts' });
  readonly #values = new Map<string, HTMLElement>();

  /** Shows the facts; null: not known, and not shown. */
  show(facts: Readonly<Record<string, string | null>>): void {
    for (const [name, value] of Object.entries(facts)) {
      const cell = this.#cell(name);
      setText(cell, value ?? '');
      const { parentElement } = cell;
      if (parentElement !== null) parentElement.hidden = value === null;
    }
  }

  #cell(name: string): HTMLElement {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const cell = make('dd');
    this.#values.set(name, cell);
    this.element.append(make('div', {}, make('dt', { textContent: name }), cell));
    return cell;
  }
}

/** The head of the details: what it is about, and the way back. */
export function detailHead(title: string, pane: PaneName): HTMLElement {
  const back = makeLink('Close', printRoute(pane));
  back.className = 'close';
  return make('header', {}, make('h2', { textContent: title }), back);
}

/** Shows the two figures of a series, the newest at this time (milliseconds since 1970). */
export function showSeries(chart: readonly [Chart, Chart], series: ThingSeries, now: number): void {
  const { a, b, seconds } = series;
  const at = a.map((_, i) => now - (a.length - 1 - i) * seconds * 1000);
  chart[0].show(at, [a]);
  chart[1].show(at, [b]);
}

import { makeSvg, setAttribute } from './elements.js';
import { HEIGHT, sparkPath, WIDTH } from './figures.js';

/** A small line chart without axes, of the last figures of something. */
export class Spark {
  readonly element: SVGSVGElement;
  readonly #line = makeSvg('path', { class: 'spark-line' });
  readonly #area = makeSvg('path', { class: 'spark-area' });

  constructor() {
    const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' };
    const hidden = { class: 'spark', 'aria-hidden': 'true' };
    this.element = makeSvg('svg', { ...box, ...hidden }, this.#area, this.#line);
  }

  /** Shows figures, oldest first, each gap as one; the chart reaches from 0 to `most`. */
  show(figures: readonly (number | null)[], most = 0): void {
    const line = sparkPath(figures, most);
    setAttribute(this.#line, 'd', line);
    const isWhole = line !== '' && line.lastIndexOf('M') === 0;
    setAttribute(this.#area, 'd', isWhole ? `${line}V${HEIGHT}H0Z` : '');
  }
}

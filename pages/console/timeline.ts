import { formatBytes } from '../../src/cli/format.js';
import type { Timeline } from '../../src/events/publication.js';
import { make, makeLink, makeSvg } from './elements.js';
import { EventList } from './event-list.js';
import { spanOf } from './figures.js';
import { printRoute } from './route.js';
import { bits, clock } from './text.js';

const WIDTH = 1000;
const EVENTS = 20;

/** Who published a stream in the last hour, and why that ended. */
export class TimelineView {
  readonly element = make('section');
  readonly #bar = makeSvg('svg', {
    class: 'timeline',
    viewBox: `0 0 ${WIDTH} 24`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
  readonly #list = make('ol', { className: 'publications' });
  readonly #events = new EventList(EVENTS);

  constructor() {
    const title = make('h3', { textContent: 'The last hour' });
    this.element.append(title, this.#bar, this.#list, this.#events.element);
  }

  show({ publications, events }: Pick<Timeline, 'publications' | 'events'>, now: number): void {
    const bars = publications.map((one) => {
      const [from, to] = spanOf(one, now, WIDTH);
      const width = String(Math.max(2, to - from));
      const look = one.ended === null ? 'on' : 'over';
      return makeSvg('rect', { x: String(from), y: '4', width, height: '16', class: look });
    });
    this.#bar.replaceChildren(...bars);
    const items = [...publications].reverse().map(itemOf);
    const none = make('li', { className: 'none' }, 'nobody has published it in the last hour');
    this.#list.replaceChildren(...(items.length === 0 ? [none] : items));
    this.#events.show(events);
  }
}

function itemOf(one: Timeline['publications'][number]): HTMLElement {
  const { child, client, began, ended, bytesIn, bitrate, players, why } = one;
  const from = began === null ? '…' : clock(began);
  const to = ended === null ? 'now' : clock(ended);
  const when = make('time', { textContent: `${from} – ${to}` });
  const media = [
    ...(bytesIn === null ? [] : [formatBytes(bytesIn)]),
    ...(bitrate === null ? [] : [bits(bitrate)]),
    ...(players === null ? [] : [`${players} playing at its end`]),
  ];
  const what = [client === null ? '' : ` from ${client}`, ...media.map((text) => `, ${text}`)];
  const place = makeLink(child, printRoute('children', child));
  const end = why === null ? [] : [make('span', { className: 'why', textContent: why })];
  return make('li', {}, when, make('span', {}, 'in ', place, what.join('')), ...end);
}

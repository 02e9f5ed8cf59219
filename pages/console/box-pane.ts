import { formatBytes } from '../../src/cli/format.js';
import type { BoxHead, ConsoleAnswer, PortLine } from '../../src/console/answer.js';
import { Facts } from './detail.js';
import { make } from './elements.js';
import type { Pane } from './pane.js';
import { age } from './text.js';

const PORT_TITLES = ['Port', 'Address', 'Accepted', 'Refused', 'Failed'];

/** The box as a whole: versions, ports, and the other boxes of its cluster. */
export class BoxPane implements Pane {
  readonly element = make('div', { className: 'pane box' });
  readonly #facts = new Facts();
  readonly #ports = make('tbody');
  readonly #boxes = make('ul', { className: 'boxes' });
  #drawn = '';

  constructor() {
    const titles = PORT_TITLES.map((title) => make('th', { textContent: title, scope: 'col' }));
    const table = make('table', {}, make('thead', {}, make('tr', {}, ...titles)), this.#ports);
    const scroller = make('div', { className: 'scroller', tabIndex: 0 }, table);
    scroller.setAttribute('role', 'region');
    scroller.setAttribute('aria-label', 'Ports');
    this.element.append(
      card('This box', this.#facts.element),
      card('Ports', scroller),
      card('Boxes of the cluster', this.#boxes),
    );
  }

  query(): Record<string, string> {
    return { ports: '1' };
  }

  show({ box, ports = [], at }: ConsoleAnswer): void {
    this.#facts.show(factsOf(box, at));
    const drawn = JSON.stringify([ports, box.boxes]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#ports.replaceChildren(...ports.map(portRow));
    const boxes = box.boxes.map(({ id, host, own }) =>
      make('li', {}, make('b', { textContent: id }), ` ${host}${own ? ', this one' : ''}`),
    );
    const alone = make('li', {
      textContent: 'This box is alone: it shares its streams with none.',
    });
    this.#boxes.replaceChildren(...(boxes.length === 0 ? [alone] : boxes));
  }
}

function card(title: string, ...content: readonly Node[]): HTMLElement {
  return make('section', { className: 'card' }, make('h2', { textContent: title }), ...content);
}

function portRow({ name, transport, address, accepted, refused, failed }: PortLine): HTMLElement {
  const failures = Object.entries(failed).filter(([, many]) => many > 0);
  const texts = [
    `${name} ${transport}`,
    address,
    accepted?.toLocaleString('en') ?? '–',
    refused?.toLocaleString('en') ?? '–',
    failures.map(([why, many]) => `${many} ${why}`).join(', ') || '–',
  ];
  return make('tr', {}, ...texts.map((text) => make('td', { textContent: text })));
}

function factsOf(box: BoxHead, at: number): Record<string, string> {
  const { srs, relay } = box;
  return {
    State: `${box.state} for ${age(at - 1000 * box.uptimeSeconds, at)}`,
    Version: `${box.version}, pid ${box.pid}`,
    Children: srs.kind === 'none' ? 'registered origins' : `${srs.kind} ${srs.version}`,
    Relay: `${relay.engine}, ${relay.threads} threads`,
    Memory: formatBytes(box.rss),
    'Players that wait': String(box.heldPlayers),
  };
}

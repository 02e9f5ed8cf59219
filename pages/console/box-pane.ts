import { formatBytes, formatPercent } from '../../src/cli/format.js';
import type { BoxHead, BoxLine, ConsoleAnswer, PortLine } from '../../src/console/answer.js';
import { Facts } from './detail.js';
import { make } from './elements.js';
import type { Pane } from './pane.js';
import { age, bits, count } from './text.js';

const PORT_TITLES = ['Port', 'Address', 'Accepted', 'Refused', 'Failed'];
const BOX_TITLES = [
  ...['Box', 'State', 'Children', 'CPU of children', 'Streams'],
  ...['Connections', 'In', 'Out', 'Since', 'Version'],
];

/** The box as a whole: versions, ports, and the other boxes of its cluster. */
export class BoxPane implements Pane {
  readonly element = make('div', { className: 'pane box' });
  readonly #facts = new Facts();
  readonly #ports = new PlainTable('Ports', PORT_TITLES);
  readonly #boxes = new PlainTable('Boxes of the cluster', BOX_TITLES);
  readonly #alone = make('p', {
    textContent: 'This box is alone: it shares its streams with none.',
  });

  constructor() {
    this.element.append(
      card('This box', this.#facts.element),
      card('Ports', this.#ports.element),
      card('Boxes of the cluster', this.#alone, this.#boxes.element),
    );
  }

  query(): Record<string, string> {
    return { ports: '1' };
  }

  show({ box, ports = [], at }: ConsoleAnswer): void {
    this.#facts.show(factsOf(box, at));
    this.#ports.show(ports.map(portTexts));
    const isAlone = box.boxes.length === 0;
    this.#alone.hidden = !isAlone;
    this.#boxes.element.hidden = isAlone;
    const boxes = [...box.boxes].sort((a, b) => Number(b.own) - Number(a.own));
    this.#boxes.show(boxes.map((one) => boxTexts(one, at)));
  }
}

/** A short table whose rows come all at once; it is drawn only when they are others. */
class PlainTable {
  readonly element: HTMLElement;
  readonly #rows = make('tbody');
  #drawn = '';

  constructor(name: string, titles: readonly string[]) {
    const heads = titles.map((title) => make('th', { textContent: title, scope: 'col' }));
    const table = make('table', {}, make('thead', {}, make('tr', {}, ...heads)), this.#rows);
    this.element = make('div', { className: 'scroller', tabIndex: 0 }, table);
    this.element.setAttribute('role', 'region');
    this.element.setAttribute('aria-label', name);
  }

  show(rows: readonly (readonly string[])[]): void {
    const drawn = JSON.stringify(rows);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const cells = rows.map((row) => row.map((text) => make('td', { textContent: text })));
    this.#rows.replaceChildren(...cells.map((row) => make('tr', {}, ...row)));
  }
}

function card(title: string, ...content: readonly Node[]): HTMLElement {
  return make('section', { className: 'card' }, make('h2', { textContent: title }), ...content);
}

function portTexts({
  name,
  transport,
  address,
  accepted,
  refused,
  failed,
}: PortLine): readonly string[] {
  const failures = Object.entries(failed).filter(([, many]) => many > 0);
  return [
    `${name} ${transport}`,
    address,
    accepted?.toLocaleString('en') ?? '–',
    refused?.toLocaleString('en') ?? '–',
    failures.map(([why, many]) => `${many} ${why}`).join(', ') || '–',
  ];
}

/** `at`: milliseconds since 1970. */
function boxTexts({ host, own, load }: BoxLine, at: number): readonly string[] {
  const name = own ? `${host} (this one)` : host;
  if (load === null) return [name, ...BOX_TITLES.slice(1).map(() => '–')];
  return [
    name,
    load.state,
    `${load.ready} / ${load.children}`,
    formatPercent(load.cpu),
    load.streams.toLocaleString('en'),
    load.connections.toLocaleString('en'),
    bits(load.bitrateIn),
    bits(load.bitrateOut),
    age(load.since, at),
    load.version,
  ];
}

function factsOf(box: BoxHead, at: number): Record<string, string> {
  const { srs, relay } = box;
  return {
    State: `${box.state} for ${age(at - 1000 * box.uptimeSeconds, at)}`,
    Version: `${box.version}, pid ${box.pid}`,
    Children: srs.kind === 'none' ? 'registered origins' : `${srs.kind} ${srs.version}`,
    Relay: `${relay.engine}, ${count(relay.threads, 'thread')}`,
    Memory: formatBytes(box.rss),
    'Players that wait': String(box.heldPlayers),
  };
}

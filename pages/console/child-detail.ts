import { formatBytes, formatPercent } from '../../src/cli/format.js';
import type { ChildLine, ConsoleAnswer } from '../../src/console/answer.js';
import { askLog } from './api.js';
import { Chart } from './chart.js';
import { detailHead, Facts, showSeries } from './detail.js';
import { askAndOrder, type Question } from './dialog.js';
import { make, makeButton, makeLink, setText } from './elements.js';
import type { Detail } from './list-pane.js';
import { printRoute } from './route.js';
import { age, bits, count } from './text.js';

/** One child: its figures, its last hour, its log, and orders to it. */
export class ChildDetailView implements Detail {
  readonly element = make('div', { className: 'detail' });
  readonly #id: string;
  readonly #facts = new Facts();
  readonly #why = make('p', { className: 'why', hidden: true });
  readonly #charts = [
    new Chart('CPU', [{ label: 'now', colour: 'one', format: formatPercent, isFilled: true }]),
    new Chart('Bitrate', [{ label: 'now', colour: 'two', format: bits, isFilled: true }]),
  ] as const;
  readonly #log = make('pre', { tabIndex: 0, hidden: true });
  readonly #drain: HTMLButtonElement;
  readonly #orders: HTMLElement;
  #row: ChildLine | null = null;
  /** The series as drawn last, to draw it only when it is another one. */
  #drawn = '';

  constructor(id: string) {
    this.#id = id;
    this.#drain = makeButton('Drain', () => this.#orderDrain());
    const restart = makeButton('Restart', () => this.#ask('restart'));
    const logs = makeButton('Show log', () => void this.#showLog());
    this.#orders = make('div', { className: 'buttons' }, this.#drain, restart, logs);
    this.#log.setAttribute('role', 'region');
    this.#log.setAttribute('aria-label', `Log of ${id}`);
    const links = make(
      'p',
      { className: 'links' },
      makeLink('Its streams', printRoute('streams', null, { child: id })),
      makeLink('Its clients', printRoute('clients', null, { child: id })),
    );
    const charts = make('div', { className: 'charts' }, ...this.#charts.map((one) => one.element));
    const parts = [this.#why, this.#orders, this.#facts.element, links, charts, this.#log];
    this.element.append(detailHead(id, 'children'), ...parts);
  }

  query(): Record<string, string> {
    return { openChild: this.#id };
  }

  show({ child, at }: ConsoleAnswer): void {
    if (child === undefined) return;
    this.#why.hidden = child !== null && child.row.why === null;
    setText(this.#why, child === null ? `There is no child ${this.#id}.` : (child.row.why ?? ''));
    this.#orders.hidden = child === null || !child.row.managed;
    if (child === null) return;
    const { row, series } = child;
    this.#row = row;
    setText(this.#drain, isClosed(row) ? 'Undrain' : 'Drain');
    this.#facts.show(factsOf(row, at));
    const drawn = `${series.a.join()} ${series.b.join()}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    showSeries(this.#charts, series, at);
  }

  repaint(): void {
    for (const chart of this.#charts) chart.repaint();
  }

  close(): void {
    for (const chart of this.#charts) chart.close();
  }

  #orderDrain(): void {
    this.#ask(this.#row !== null && isClosed(this.#row) ? 'undrain' : 'drain');
  }

  #ask(kind: 'drain' | 'undrain' | 'restart'): void {
    const clients = count(this.#row?.clients ?? 0, 'client');
    askAndOrder({ path: `children/${this.#id}/${kind}`, ...questionOf(kind, this.#id, clients) });
  }

  async #showLog(): Promise<void> {
    this.#log.hidden = false;
    try {
      const { lines } = await askLog(this.#id);
      this.#log.textContent = lines.join('\n');
    } catch (error) {
      this.#log.textContent = error instanceof Error ? error.message : String(error);
    }
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#log.scrollIntoView({ block: 'nearest' });
  }
}

/** Returns whether a child gets new streams only after `undrain`. */
function isClosed({ state }: ChildLine): boolean {
  return state === 'draining' || state === 'broken';
}

function questionOf(
  kind: 'drain' | 'undrain' | 'restart',
  id: string,
  clients: string,
): Omit<Question, 'path'> {
  if (kind === 'drain') {
    const words = `Drain ${id}? It keeps its ${clients} and gets no new streams.`;
    return { words, verb: 'Drain', done: `${id} drains` };
  }
  if (kind === 'undrain') {
    const words = `Undrain ${id}? It gets new streams again.`;
    return { words, verb: 'Undrain', done: `${id} gets new streams again` };
  }
  const words = `Restart ${id}? It drains for up to 10 seconds, then its ${clients} are closed.`;
  return { words, verb: 'Restart', done: `${id} restarts` };
}

function factsOf(row: ChildLine, at: number): Record<string, string | null> {
  const { lastError, lastErrorAt } = row;
  const ago = lastErrorAt === null ? '' : `${age(lastErrorAt, at)} ago: `;
  return {
    State: `${row.state} for ${age(row.since, at)}`,
    'Process id': row.pid === null ? null : String(row.pid),
    CPU: row.cpus.length === 0 ? 'not bound' : row.cpus.join(', '),
    Load: formatPercent(row.cpu),
    Memory: formatBytes(row.rss),
    Streams: String(row.streams),
    Clients: String(row.clients),
    Bitrate: bits(row.bitrate),
    Generation: String(row.generation),
    Restarts: String(row.restarts),
    'Last error': lastError === null ? null : `${ago}${lastError}`,
  };
}

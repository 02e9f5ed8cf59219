import type { ConsoleAnswer } from '../../src/console/answer.js';
import { askTimeline } from './api.js';
import { Chart } from './chart.js';
import { detailHead, Facts, showSeries } from './detail.js';
import { askAndOrder } from './dialog.js';
import { make, makeButton, makeLink, setText } from './elements.js';
import type { Detail } from './list-pane.js';
import { Player } from './player.js';
import { printRoute } from './route.js';
import { publisherText } from './streams-pane.js';
import { age, bits, shortName, viewersText } from './text.js';
import { TimelineView } from './timeline.js';

/** Milliseconds between two questions for the history of the stream. */
const HISTORY_MS = 10_000;
const whole = (value: number) => Math.round(value).toLocaleString('en');

/** One stream: who publishes it, who watches it, its last hour, and a player. */
export class StreamDetailView implements Detail {
  readonly element = make('div', { className: 'detail' });
  readonly #key: string;
  readonly #away = make('p', { className: 'why', hidden: true });
  readonly #facts = new Facts();
  readonly #charts = [
    new Chart('Bitrate', [{ label: 'now', colour: 'one', format: bits, isFilled: true }]),
    new Chart('Clients', [
      { label: 'now', colour: 'two', format: whole, isFilled: true, isWhole: true },
    ]),
  ] as const;
  readonly #timeline = new TimelineView();
  readonly #player: Player;
  readonly #place = make('p', { className: 'links' });
  readonly #live: HTMLElement;
  #askedAt = Number.NEGATIVE_INFINITY;
  #child = '';
  #drawn = '';

  constructor(key: string) {
    this.#key = key;
    this.#player = new Player(key);
    const kick = makeButton('Kick all', () => this.#kick());
    const orders = make('div', { className: 'buttons' }, kick);
    const charts = make('div', { className: 'charts' }, ...this.#charts.map((one) => one.element));
    const parts = [this.#player.element, orders, this.#facts.element, this.#place, charts];
    this.#live = make('div', {}, ...parts);
    const head = detailHead(shortName(key), 'streams');
    this.element.append(head, this.#away, this.#live, this.#timeline.element);
  }

  query(): Record<string, string> {
    return { openStream: this.#key };
  }

  show({ stream, box, at }: ConsoleAnswer): void {
    this.#showHistory(at);
    if (stream === undefined) return;
    this.#away.hidden = stream !== null;
    this.#live.hidden = stream === null;
    setText(this.#away, 'No child has this stream now.');
    if (stream === null) return;
    const { row, series } = stream;
    this.#player.show(box.players);
    this.#facts.show({
      Publisher: publisherText(row),
      Bitrate: bits(row.bitrate),
      Clients: whole(row.clients),
      Viewers: viewersText(row.viewers),
      Since: age(row.since, at),
    });
    this.#showPlace(row.child, row.box);
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

  #showPlace(child: string, box: string | undefined): void {
    if (this.#child === child) return;
    this.#child = child;
    const clients = makeLink('Its clients', printRoute('clients', null, { stream: this.#key }));
    const place = makeLink(`Child ${child}`, printRoute('children', child));
    this.#place.replaceChildren(...(box === undefined ? [place] : [`On box ${box}`]), clients);
  }

  #kick(): void {
    const name = shortName(this.#key);
    askAndOrder({
      words: `Kick all clients of ${name}, its publisher too?`,
      verb: 'Kick all',
      path: 'kick',
      body: { stream: this.#key },
      done: `the clients of ${name} were kicked`,
    });
  }

  #showHistory(at: number): void {
    if (performance.now() - this.#askedAt < HISTORY_MS) return;
    this.#askedAt = performance.now();
    askTimeline(this.#key).then(
      (timeline) => this.#timeline.show(timeline, at),
      () => {},
    );
  }
}

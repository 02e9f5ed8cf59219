import { make } from './elements.js';
import { EventList } from './event-list.js';
import type { Pane, Shared } from './pane.js';

const MOST = 300;

/** What happens, as it happens. */
export class EventsPane implements Pane {
  readonly element: HTMLElement;
  readonly #shared: Shared;
  readonly #field = make('input', { type: 'search', spellcheck: false, autocomplete: 'off' });
  readonly #list = new EventList(MOST);
  readonly #stop: () => void;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#field.placeholder = 'Filter';
    this.#field.setAttribute('aria-label', 'Filter events');
    this.#field.addEventListener('input', () => this.#draw());
    const tools = make('div', { className: 'tools' }, this.#field);
    const scroller = make('div', { className: 'scroller', tabIndex: 0 }, this.#list.element);
    scroller.setAttribute('role', 'region');
    scroller.setAttribute('aria-label', 'Events, the newest first');
    this.element = make('div', { className: 'pane all-events' }, tools, scroller);
    this.#stop = shared.feed.listen(() => this.#draw());
    this.#draw();
  }

  query(): Record<string, string> {
    return {};
  }

  show(): void {}

  close(): void {
    this.#stop();
  }

  #draw(): void {
    const wanted = this.#field.value.trim().toLowerCase();
    const { events } = this.#shared.feed;
    const shown = events.filter(({ event }) =>
      JSON.stringify(event).toLowerCase().includes(wanted),
    );
    if (shown.length === 0) this.#list.none('no such event in the last hour');
    else this.#list.show(shown);
  }
}

import type { ConsoleAnswer } from '../../src/console/answer.js';
import { BoxPane } from './box-pane.js';
import { makeChildrenPane } from './children-pane.js';
import { makeClientsPane } from './clients-pane.js';
import { toldElement } from './dialog.js';
import { make } from './elements.js';
import { EventsPane } from './events-pane.js';
import { Feed } from './feed.js';
import { Head } from './head.js';
import { makeLogin } from './login.js';
import { MachinePane } from './machine-pane.js';
import type { Pane, Shared } from './pane.js';
import { Poll } from './poll.js';
import { type PaneName, parseRoute } from './route.js';
import { Samples } from './samples.js';
import { makeStreamsPane } from './streams-pane.js';

const MAKERS: Readonly<Record<PaneName, (shared: Shared) => Pane>> = {
  machine: (shared) => new MachinePane(shared),
  children: makeChildrenPane,
  streams: makeStreamsPane,
  clients: makeClientsPane,
  events: (shared) => new EventsPane(shared),
  box: () => new BoxPane(),
};

/** The whole page: it shows the pane that the address names, out of one answer a second. */
class Console {
  readonly #head = new Head();
  readonly #main = make('main', { id: 'main', tabIndex: -1 });
  readonly #silence = make('p', { className: 'silence', role: 'alert', hidden: true });
  readonly #samples = new Samples();
  readonly #poll: Poll;
  readonly #shared: Shared;
  readonly #login = makeLogin(() => this.#poll.now());
  #run = '';
  #name: PaneName | null = null;
  #pane: Pane | null = null;

  constructor() {
    this.#poll = new Poll({
      query: () => this.#query(),
      onAnswer: (answer) => this.#show(answer),
      onSilence: (words) => {
        this.#silence.textContent = words ?? '';
        this.#silence.hidden = words === null;
      },
      onRefused: () => this.#refuse(),
    });
    const askNow = () => this.#poll.now();
    this.#shared = { samples: this.#samples, feed: new Feed(), askNow };
    const skip = make('a', { className: 'skip', href: '#main', textContent: 'To the content' });
    skip.addEventListener('click', (event) => {
      event.preventDefault();
      this.#main.focus();
    });
    const { element, figures } = this.#head;
    document.body.append(skip, element, this.#silence, figures, this.#main, toldElement());
    addEventListener('hashchange', () => this.#go());
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.#pane?.repaint?.());
    // The first question is already for what the address names.
    this.#go();
  }

  #query(): URLSearchParams {
    const since = String(this.#samples.last);
    return new URLSearchParams({ since, ...this.#pane?.query() });
  }

  #show(answer: ConsoleAnswer): void {
    if (answer.run !== this.#run && this.#run !== '') {
      // Another run of the supervisor counts its samples from the beginning.
      this.#run = '';
      this.#samples.clear();
      this.#pane?.close?.();
      this.#pane = null;
      this.#poll.now();
      return;
    }
    this.#run = answer.run;
    if (this.#pane === null) this.#go();
    const isSampled = this.#samples.add(answer.samples);
    this.#head.show(answer, this.#samples, isSampled);
    this.#pane?.show(answer, isSampled);
  }

  /** Shows the pane that the address names. */
  #go(): void {
    const route = parseRoute(location.hash);
    if (this.#pane === null || route.pane !== this.#name) {
      this.#pane?.close?.();
      this.#pane = MAKERS[route.pane](this.#shared);
      this.#name = route.pane;
      this.#main.replaceChildren(this.#head.heading(route.pane), this.#pane.element);
    }
    this.#pane.go?.(route);
    this.#head.go(route.pane);
    this.#poll.now();
  }

  #refuse(): void {
    this.#pane?.close?.();
    this.#pane = null;
    this.#main.replaceChildren(this.#login.element);
    this.#login.refuse();
  }
}

new Console();

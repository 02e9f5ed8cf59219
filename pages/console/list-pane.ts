import type { ConsoleAnswer } from '../../src/console/answer.js';
import { make, makeLink, setText } from './elements.js';
import type { Pane, Shared } from './pane.js';
import { type PaneName, printRoute, type Route } from './route.js';
import { type Part, Table, type TableOptions } from './table.js';

/** Details of one row of a list. */
export interface Detail {
  readonly element: HTMLElement;
  readonly query: () => Readonly<Record<string, string>>;
  readonly show: (answer: ConsoleAnswer) => void;
  readonly repaint?: () => void;
  readonly close?: () => void;
}

export interface ListPaneOptions<T> extends Omit<TableOptions<T>, 'onWant' | 'name'> {
  readonly list: Extract<PaneName, 'children' | 'streams' | 'clients'>;
  readonly partOf: (answer: ConsoleAnswer) => Part<T> | null;
  /** Makes the details of a row by its id; absent: rows have none. */
  readonly detail?: (id: string) => Detail;
}

/** Milliseconds after the last key of a filter until it is asked for. */
const TYPED_MS = 150;

/** A list with a filter, and the details of one row beside it. */
export class ListPane<T> implements Pane {
  readonly element: HTMLElement;
  readonly #options: ListPaneOptions<T>;
  readonly #table: Table<T>;
  readonly #field = make('input', { type: 'search', spellcheck: false, autocomplete: 'off' });
  readonly #count = make('output');
  readonly #scope = make('span', { className: 'scope', hidden: true });
  readonly #side = make('aside', { className: 'side', hidden: true });
  #detail: Detail | null = null;
  #open: string | null = null;
  /** Only rows of this child or stream are shown. */
  #within: Readonly<Record<string, string>> = {};

  constructor(options: ListPaneOptions<T>, { askNow }: Shared) {
    this.#options = options;
    const { list } = options;
    this.#table = new Table({ ...options, name: list, onWant: askNow });
    this.#field.placeholder = 'Filter';
    this.#field.setAttribute('aria-label', `Filter ${list}`);
    this.#side.setAttribute('aria-label', 'Details');
    let typed: ReturnType<typeof setTimeout> | undefined;
    this.#field.addEventListener('input', () => {
      clearTimeout(typed);
      typed = setTimeout(() => {
        this.#table.rewind();
        askNow();
      }, TYPED_MS);
    });
    const tools = make('div', { className: 'tools' }, this.#field, this.#scope, this.#count);
    const main = make('div', { className: 'main' }, tools, this.#table.element);
    this.element = make('div', { className: 'pane list' }, main, this.#side);
  }

  go({ open, query }: Route): void {
    const { list, detail } = this.#options;
    const within = ['child', 'stream'].flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    this.#within = Object.fromEntries(within);
    const all = makeLink('Show all', printRoute(list));
    const words = within.map(([name, value]) => `of ${name} ${value}`).join(', ');
    this.#scope.replaceChildren(`${words} `, all);
    this.#scope.hidden = within.length === 0;
    if (open === this.#open || detail === undefined) return;
    this.#detail?.close?.();
    this.#open = open;
    this.#detail = open === null ? null : detail(open);
    this.element.dataset.open = String(open !== null);
    this.#side.hidden = open === null;
    this.#side.replaceChildren(...(this.#detail === null ? [] : [this.#detail.element]));
    if (open !== null) this.#side.scrollTop = 0;
  }

  query(): Record<string, string> {
    const { list } = this.#options;
    const filter = this.#field.value.trim();
    return {
      ...{ list, ...this.#table.want(), ...this.#within },
      ...(filter === '' ? {} : { filter }),
      ...this.#detail?.query(),
    };
  }

  show(answer: ConsoleAnswer): void {
    const part = this.#options.partOf(answer);
    if (part !== null && answer.rows?.list === this.#options.list) {
      this.#table.show(part, answer.at);
      setText(this.#count, part.total.toLocaleString('en'));
    }
    this.#detail?.show(answer);
  }

  repaint(): void {
    this.#detail?.repaint?.();
  }

  close(): void {
    this.#detail?.close?.();
  }
}

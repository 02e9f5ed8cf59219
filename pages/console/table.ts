import { make, setAttribute, setText } from './elements.js';
import { keepOrder, type Window, windowOf } from './window.js';

export interface TableColumn<T> {
  /** Its name for the supervisor's order; null: rows cannot be ordered by it. */
  readonly sort: string | null;
  readonly title: string;
  /** Classes of its cells: `number`, and from which width on it is shown. */
  readonly look?: string;
  /** Makes the cell of a row's place once; the function shows a row in it. */
  readonly cell: () => { readonly element: Node; readonly show: (row: T, now: number) => void };
}

/** A column that is a text. */
export function textColumn<T>(
  column: Omit<TableColumn<T>, 'cell'>,
  textOf: (row: T, now: number) => string,
): TableColumn<T> {
  const cell = () => {
    const element = make('span');
    return { element, show: (row: T, now: number) => setText(element, textOf(row, now)) };
  };
  return { ...column, cell };
}

export interface TableOptions<T> {
  /** Class of the table, which has its widths, and its name for those who hear it. */
  readonly name: string;
  readonly columns: readonly TableColumn<T>[];
  readonly idOf: (row: T) => string;
  readonly sort: string;
  /** Words in place of rows. */
  readonly none: string;
  /** Called when other rows are wanted. */
  readonly onWant: () => void;
}

/** A window of a list as the supervisor has answered. */
export interface Part<T> {
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly T[];
}

interface Place<T> {
  readonly element: HTMLElement;
  readonly show: (row: T, now: number) => void;
}

/** Pixels, as in the style sheet. */
const ROW_HEIGHT = 40;
/** Milliseconds after a movement of the pointer for which rows keep their order. */
const HELD_MS = 2000;

/**
 * A table that holds only the rows in sight, of a list of any length. The supervisor orders and
 * filters; while somebody points at rows, these keep their places.
 */
export class Table<T> {
  readonly element: HTMLElement;
  readonly #options: TableOptions<T>;
  readonly #scroller: HTMLElement;
  readonly #body: HTMLElement;
  readonly #none: HTMLElement;
  readonly #heads: readonly (readonly [HTMLElement, TableColumn<T>])[];
  readonly #places: Place<T>[] = [];
  #part: Part<T> = { total: 0, offset: 0, rows: [] };
  #sort: string;
  #isReverse = false;
  #movedAt = Number.NEGATIVE_INFINITY;
  #now = 0;
  #isDue = false;

  constructor(options: TableOptions<T>) {
    this.#options = options;
    this.#sort = options.sort;
    this.#heads = options.columns.map((column) => [this.#head(column), column]);
    const head = make('div', { className: 'row head' }, ...this.#heads.map(([cell]) => cell));
    head.setAttribute('role', 'row');
    this.#body = withRole('rowgroup', 'rows');
    const heads = withRole('rowgroup', 'heads');
    heads.append(head);
    this.#none = make('p', { className: 'none', hidden: true });
    this.#scroller = make('div', { className: 'scroller', tabIndex: 0 }, heads, this.#body);
    this.#scroller.setAttribute('role', 'table');
    this.#scroller.setAttribute('aria-label', options.name);
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#body.addEventListener('pointermove', () => {
      this.#movedAt = performance.now();
    });
    new ResizeObserver(() => this.#scrolled()).observe(this.#scroller);
    const className = `table table-${options.name}`;
    this.element = make('div', { className }, this.#scroller, this.#none);
    this.#showSort();
  }

  /** The rows that it wants, for the question to the supervisor. */
  want(): Readonly<Record<string, string>> {
    const { first, count } = this.#window();
    return {
      sort: this.#sort,
      reverse: this.#isReverse ? '1' : '0',
      offset: String(first),
      limit: String(count),
    };
  }

  /** Shows other rows, from the first on. */
  rewind(): void {
    this.#scroller.scrollTop = 0;
  }

  /** Shows an answer; `now` in milliseconds since 1970. */
  show(part: Part<T>, now: number): void {
    const isHeld =
      performance.now() - this.#movedAt < HELD_MS || this.#body.contains(document.activeElement);
    const isSame = part.offset === this.#part.offset;
    const rows =
      isHeld && isSame ? keepOrder(this.#part.rows, part.rows, this.#options.idOf) : part.rows;
    this.#part = { ...part, rows };
    this.#now = now;
    this.#none.textContent = this.#options.none;
    this.#none.hidden = part.total > 0;
    this.#draw();
  }

  #window(): Window {
    const { scrollTop, clientHeight } = this.#scroller;
    return windowOf(scrollTop, clientHeight, ROW_HEIGHT);
  }

  #scrolled(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
      const { first, count } = this.#window();
      const { offset, rows, total } = this.#part;
      const end = Math.min(first + count, total);
      if (first < offset || end > offset + rows.length) this.#options.onWant();
    });
  }

  #draw(): void {
    const { total, offset, rows } = this.#part;
    const { first, count } = this.#window();
    const shown = Math.max(0, Math.min(count, total - first));
    this.#body.style.height = `${total * ROW_HEIGHT}px`;
    setAttribute(this.#scroller, 'aria-rowcount', String(total + 1));
    while (this.#places.length < shown) this.#places.push(this.#makePlace());
    for (const [i, { element, show }] of this.#places.entries()) {
      const index = first + i;
      const row = i < shown ? rows[index - offset] : undefined;
      element.hidden = row === undefined;
      if (row === undefined) continue;
      element.style.transform = `translateY(${index * ROW_HEIGHT}px)`;
      setAttribute(element, 'aria-rowindex', String(index + 2));
      show(row, this.#now);
    }
  }

  #makePlace(): Place<T> {
    const cells = this.#options.columns.map((column) => {
      const made = column.cell();
      const cell = withRole('cell', column.look ?? '');
      cell.append(made.element);
      return { cell, show: made.show };
    });
    const element = make('div', { className: 'row' }, ...cells.map(({ cell }) => cell));
    element.setAttribute('role', 'row');
    this.#body.append(element);
    const show = (row: T, now: number) => {
      for (const cell of cells) cell.show(row, now);
    };
    return { element, show };
  }

  #head(column: TableColumn<T>): HTMLElement {
    const cell = withRole('columnheader', column.look ?? '');
    const { sort, title } = column;
    if (sort === null) {
      cell.textContent = title;
      return cell;
    }
    const button = make('button', { type: 'button', textContent: title });
    button.addEventListener('click', () => this.#orderBy(sort));
    cell.append(button);
    return cell;
  }

  #orderBy(sort: string): void {
    this.#isReverse = this.#sort === sort && !this.#isReverse;
    this.#sort = sort;
    this.#movedAt = Number.NEGATIVE_INFINITY;
    this.#showSort();
    this.rewind();
    this.#options.onWant();
  }

  #showSort(): void {
    for (const [cell, { sort, look = '' }] of this.#heads) {
      // Numbers come from the highest down.
      const isDown = /number/.test(look) !== this.#isReverse;
      const order = isDown ? 'descending' : 'ascending';
      setAttribute(cell, 'aria-sort', sort !== null && sort === this.#sort ? order : null);
    }
  }
}

function withRole(role: string, className: string): HTMLElement {
  const element = make('div', { className });
  element.setAttribute('role', role);
  return element;
}

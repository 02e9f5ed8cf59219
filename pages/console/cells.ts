import { make, setAttribute, setText } from './elements.js';
import { levelOf } from './picture.js';
import { Spark } from './spark.js';
import type { TableColumn } from './table.js';

/** A column of links that open a row's details, or lead elsewhere. */
export function linkColumn<T>(
  column: Omit<TableColumn<T>, 'cell'>,
  of: (row: T) => { readonly text: string; readonly href: string },
): TableColumn<T> {
  const cell = () => {
    const element = make('a');
    const show = (row: T) => {
      const { text, href } = of(row);
      setText(element, text);
      setAttribute(element, 'href', href === '' ? null : href);
    };
    return { element, show };
  };
  return { ...column, cell };
}

/** A column of states, as coloured words. */
export function stateColumn<T>(
  column: Omit<TableColumn<T>, 'cell'>,
  of: (row: T) => string,
): TableColumn<T> {
  const cell = () => {
    const element = make('span', { className: 'badge' });
    const show = (row: T) => {
      setText(element, of(row));
      setAttribute(element, 'data-state', of(row));
    };
    return { element, show };
  };
  return { ...column, cell };
}

/** A column of small charts. */
export function sparkColumn<T>(
  title: string,
  look: string,
  of: (row: T) => readonly (number | null)[],
  most = 0,
): TableColumn<T> {
  const cell = () => {
    const spark = new Spark();
    return { element: spark.element, show: (row: T) => spark.show(of(row), most) };
  };
  return { sort: null, title, look, cell };
}

/** A column of loads in percent of a core, as bars with the figure. */
export function loadColumn<T>(
  column: Omit<TableColumn<T>, 'cell'>,
  of: (row: T) => number,
): TableColumn<T> {
  const cell = () => {
    const [fill, figure] = [make('i'), make('b')];
    const element = make('span', { className: 'load' }, fill, figure);
    const show = (row: T) => {
      const percent = Math.round(of(row));
      setText(figure, `${percent}%`);
      setAttribute(element, 'data-level', levelOf(percent));
      fill.style.setProperty('--load', `${Math.min(100, percent)}%`);
    };
    return { element, show };
  };
  return { ...column, cell };
}

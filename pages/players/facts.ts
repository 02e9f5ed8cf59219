import { make } from './dom.js';

/** Id -> label. */
const ROWS = {
  state: 'State',
  playing: 'Stream',
  picture: 'Picture',
  frames: 'Frames',
  bitrate: 'Bitrate',
  address: 'Address',
} as const;

type Row = keyof typeof ROWS;

export interface Facts {
  readonly list: HTMLElement;
  readonly set: (values: Partial<Record<Row, string>>) => void;
  readonly clear: () => void;
}

/** A list of what is known; what is not has a dash. */
export function makeFacts(): Facts {
  const cells = new Map<string, HTMLElement>();
  const list = make('dl');
  for (const [id, label] of Object.entries(ROWS)) {
    const cell = make('dd', { id, textContent: '–' });
    cells.set(id, cell);
    list.append(make('div', {}, make('dt', { textContent: label }), cell));
  }
  cells.get('state')?.setAttribute('aria-live', 'polite');
  const set: Facts['set'] = (values) => {
    for (const [id, text] of Object.entries(values)) {
      const cell = cells.get(id);
      if (cell !== undefined && cell.textContent !== text) cell.textContent = text;
    }
  };
  const clear = () => {
    for (const cell of cells.values()) cell.textContent = '–';
  };
  return { list, set, clear };
}

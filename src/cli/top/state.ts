import type { Order } from '../operate.js';
import {
  columnsOf,
  FIRST_SORT,
  type Row,
  type Scope,
  type Selection,
  VIEWS,
  type View,
} from './rows.js';

type TopOrder = Exclude<Order, { kind: 'job' }>;

/** All that the user has chosen. */
export interface TopState extends Selection {
  /** Id of the selected row; null: the first. */
  readonly selected: string | null;
  /** The filter is being typed. */
  readonly isTyping: boolean;
  /** An order that waits for `y`. */
  readonly asked: TopOrder | null;
  /** Answer of the last order, or why the supervisor did not answer; '' for none. */
  readonly notice: string;
  readonly showsKeys: boolean;
  readonly isPaused: boolean;
}

/** A key, as node:readline names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence: string;
  readonly ctrl: boolean;
}

/** The effect of a key. */
export interface Outcome {
  readonly state: TopState;
  /** An order that shall be given now. */
  readonly order?: TopOrder;
  readonly quits?: boolean;
}

const NO_SCOPE: Scope = { child: null, stream: null };
/** Longest filter, in characters. */
const MAX_FILTER = 60;

export const FIRST_STATE: TopState = {
  view: 'children',
  scope: NO_SCOPE,
  filter: '',
  sort: FIRST_SORT.children,
  reverse: false,
  selected: null,
  isTyping: false,
  asked: null,
  notice: '',
  showsKeys: false,
  isPaused: false,
};

/** The rows of the view, and how many fit on the screen. */
export interface Visible {
  readonly rows: readonly Row[];
  readonly page: number;
}

/** Returns what a key changes. Unknown keys change nothing. */
export function pressed(state: TopState, key: Key, visible: Visible): Outcome {
  if (key.ctrl && key.name === 'c') return { state, quits: true };
  if (state.isTyping) return { state: typed(state, key) };
  if (state.asked !== null) return answered(state, state.asked, key);
  const act = KEYS.get(key.sequence) ?? KEYS.get(key.name ?? '');
  const calm = { ...state, notice: '', showsKeys: false };
  return act === undefined ? { state } : act(calm, visible, state);
}

function typed(state: TopState, { name, sequence, ctrl }: Key): TopState {
  const { filter } = state;
  if (name === 'return') return { ...state, isTyping: false };
  if (name === 'escape') return { ...state, isTyping: false, filter: '' };
  if (name === 'backspace') return { ...state, filter: filter.slice(0, -1) };
  const isText = !ctrl && /^[^\p{C}]+$/u.test(sequence);
  return isText ? { ...state, filter: (filter + sequence).slice(0, MAX_FILTER) } : state;
}

function answered(state: TopState, order: TopOrder, { sequence }: Key): Outcome {
  const done = { ...state, asked: null };
  return sequence === 'y' ? { state: done, order } : { state: { ...done, notice: 'not done' } };
}

type Act = (state: TopState, visible: Visible, before: TopState) => Outcome;

const KEYS: ReadonlyMap<string, Act> = new Map(
  Object.entries<Act>({
    q: (state) => ({ state, quits: true }),
    '1': (state) => ({ state: shown(state, 'children') }),
    '2': (state) => ({ state: shown(state, 'streams') }),
    '3': (state) => ({ state: shown(state, 'clients') }),
    '4': (state) => ({ state: shown(state, 'boxes') }),
    tab: (state) => ({ state: shown(state, after(VIEWS, state.view)) }),
    up: moved(-1),
    down: moved(1),
    pageup: (state, visible) => move(state, visible, -visible.page),
    pagedown: (state, visible) => move(state, visible, visible.page),
    home: moved(Number.NEGATIVE_INFINITY),
    end: moved(Number.POSITIVE_INFINITY),
    s: (state) => ({
      state: { ...state, sort: (state.sort + 1) % columnsOf(state.view).length },
    }),
    r: (state) => ({ state: { ...state, reverse: !state.reverse } }),
    '/': (state) => ({ state: { ...state, isTyping: true } }),
    return: opened,
    escape: (state) => ({ state: { ...state, scope: NO_SCOPE, filter: '' } }),
    p: (state) => ({ state: { ...state, isPaused: !state.isPaused } }),
    '?': (state, _, before) => ({ state: { ...state, showsKeys: !before.showsKeys } }),
    d: ordered('children', (child) => ({ kind: 'drain', child, wait: false })),
    u: ordered('children', (child) => ({ kind: 'undrain', child })),
    R: ordered('children', (child) => ({ kind: 'restart', child })),
    k: (state, visible, before) => {
      if (state.view === 'streams') return kickStream(state, visible, before);
      return kickClient(state, visible, before);
    },
  }),
);

const kickStream = ordered('streams', (stream) => ({ kind: 'kick', stream }));
const kickClient = ordered('clients', (client) => ({ kind: 'kick', client }));

function shown(state: TopState, view: View, scope = NO_SCOPE): TopState {
  const sort = FIRST_SORT[view];
  return { ...state, view, scope, sort, reverse: false, filter: '', selected: null };
}

function after<T>(list: readonly T[], one: T): T {
  return list[(list.indexOf(one) + 1) % list.length] ?? one;
}

function moved(by: number): Act {
  return (state, visible) => move(state, visible, by);
}

function move(state: TopState, { rows }: Visible, by: number): Outcome {
  const to = Math.min(Math.max(selectedIndex(state, rows) + by, 0), rows.length - 1);
  return { state: { ...state, selected: rows[to]?.id ?? null } };
}

/** Returns where the selected row is now; the first if it has gone. */
export function selectedIndex({ selected }: TopState, rows: readonly Row[]): number {
  return Math.max(
    0,
    rows.findIndex(({ id }) => id === selected),
  );
}

/** Opens the selected child's streams, or the selected stream's clients. */
function opened(state: TopState, { rows }: Visible): Outcome {
  const { id } = rows[selectedIndex(state, rows)] ?? {};
  if (id === undefined || state.view === 'clients' || state.view === 'boxes') return { state };
  if (state.view === 'children') {
    return { state: shown(state, 'streams', { child: id, stream: null }) };
  }
  return { state: shown(state, 'clients', { child: null, stream: id }) };
}

/** Asks whether to give the selected row of a view that order. */
function ordered(view: View, orderOf: (id: string) => TopOrder): Act {
  return (state, { rows }) => {
    const { id } = rows[selectedIndex(state, rows)] ?? {};
    if (state.view !== view || id === undefined) return { state };
    return { state: { ...state, asked: orderOf(id) } };
  };
}

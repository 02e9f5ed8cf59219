import type {
  CacheShape,
  ChildLoad,
  MachineLoad,
  MachineShape,
  ThreadLoad,
} from '../../src/console/answer.js';
import { make, setAttribute, setText } from './elements.js';
import { printRoute } from './route.js';
import { bits, count } from './text.js';

/** Cores up to which each is drawn in that size. */
const SIZES: readonly (readonly [most: number, size: string])[] = [
  [16, 'big'],
  [64, 'medium'],
  [144, 'small'],
  [Number.POSITIVE_INFINITY, 'tiny'],
];

/** Cores of a cache that are drawn side by side, if there is room. */
const MOST_BESIDE = 8;

/** A child or relay thread where it is drawn. */
interface Mark {
  readonly element: HTMLElement;
  readonly fill: HTMLElement;
  readonly figure: HTMLElement;
}

/**
 * The machine as it is built: packages, NUMA nodes, L3 caches and cores, with each child and relay
 * thread on its core. The height and the colour of a mark are its load.
 */
export class MachinePicture {
  readonly element = make('div', { className: 'picture' });
  readonly #cores = new Map<number, HTMLElement>();
  readonly #elsewhere = make('div', { className: 'cores' });
  readonly #apart = make('section', { className: 'group apart', hidden: true });
  readonly #marks = new Map<string, Mark>();
  /** Children and threads with their places, as drawn last. */
  #drawn = '';

  constructor() {
    const title = make('h3', { textContent: 'Not bound to one CPU' });
    this.#apart.append(title, this.#elsewhere);
    this.element.addEventListener('keydown', (event) => this.#move(event));
  }

  build({ packages, reserved }: MachineShape): void {
    const cores = packages.flatMap(({ nodes }) => nodes.flatMap(({ caches }) => caches));
    const total = cores.reduce((sum, cache) => sum + cache.cores.length, 0);
    this.element.dataset.size = SIZES.find(([most]) => total <= most)?.[1] ?? 'tiny';
    this.#cores.clear();
    this.#drawn = '';
    const isReserved = new Set(reserved);
    const groups = packages.map(({ name, nodes }) =>
      group(
        'package',
        name,
        nodes.map((node) =>
          group(
            'node',
            node.name,
            node.caches.map((cache) => this.#cache(cache, isReserved)),
          ),
        ),
      ),
    );
    this.element.replaceChildren(...groups, this.#apart);
  }

  show({ children, threads }: MachineLoad): void {
    this.#place(children, threads);
    for (const child of children) {
      const mark = this.#marks.get(child.id);
      if (mark !== undefined) showChild(mark, child);
    }
    for (const thread of threads) {
      const mark = this.#marks.get(`t${thread.index}`);
      if (mark !== undefined) showThread(mark, thread);
    }
  }

  #cache({ name, cores }: CacheShape, reserved: ReadonlySet<number>): HTMLElement {
    const cells = cores.map((cpus) => this.#core(cpus, reserved));
    const element = group('cache', name, [make('div', { className: 'cores' }, ...cells)]);
    element.style.setProperty('--cores', String(Math.min(MOST_BESIDE, cores.length)));
    return element;
  }

  #core(cpus: readonly number[], reserved: ReadonlySet<number>): HTMLElement {
    const marks = make('div', { className: 'marks' });
    for (const cpu of cpus) this.#cores.set(cpu, marks);
    const label = make('span', { className: 'cpu', textContent: cpus.join(' ') });
    const core = make('div', { className: 'core' }, marks, label);
    core.title = `CPU ${cpus.join(', ')}`;
    core.dataset.reserved = String(cpus.some((cpu) => reserved.has(cpu)));
    return core;
  }

  /** Draws the marks anew where children came, went or moved. */
  #place(children: readonly ChildLoad[], threads: readonly ThreadLoad[]): void {
    const places = [
      ...children.map(({ id, cpus }) => [id, cpus.length === 1 ? cpus[0] : null] as const),
      ...threads.map(({ index, on }) => [`t${index}`, on] as const),
    ];
    const drawn = places.map(([id, cpu]) => `${id}@${cpu}`).join(' ');
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    for (const marks of new Set(this.#cores.values())) marks.replaceChildren();
    this.#elsewhere.replaceChildren();
    this.#marks.clear();
    for (const [id, cpu] of places) {
      const mark = makeMark(id);
      this.#marks.set(id, mark);
      const on = typeof cpu === 'number' ? this.#cores.get(cpu) : undefined;
      if (on !== undefined) on.append(mark.element);
      else this.#elsewhere.append(make('div', { className: 'core' }, mark.element));
    }
    this.#apart.hidden = this.#elsewhere.children.length === 0;
    const [first] = this.#stops();
    if (first !== undefined) first.tabIndex = 0;
  }

  #stops(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>('a.mark')];
  }

  /** Arrow keys go from child to child, because there may be hundreds to pass by Tab. */
  #move(event: KeyboardEvent): void {
    const stops = this.#stops();
    const at = stops.indexOf(document.activeElement as HTMLElement);
    const to = at < 0 ? undefined : nextStop(stops, at, event.key);
    if (to === undefined) return;
    event.preventDefault();
    for (const stop of stops) stop.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }
}

function group(kind: string, name: string | null, content: readonly Node[]): HTMLElement {
  const title = name === null ? [] : [make('h3', { textContent: name })];
  return make('section', { className: `group ${kind}` }, ...title, ...content);
}

function makeMark(id: string): Mark {
  const [fill, figure] = [make('i'), make('small')];
  const isThread = id.startsWith('t');
  const element = make(
    isThread ? 'span' : 'a',
    { className: isThread ? 'mark thread' : 'mark' },
    fill,
    make('b', { textContent: isThread ? `relay ${id.slice(1)}` : id }),
    ' ',
    figure,
  );
  if (element instanceof HTMLAnchorElement) {
    element.href = printRoute('children', id);
    element.tabIndex = -1;
  } else element.setAttribute('role', 'img');
  return { element, fill, figure };
}

function showChild({ element, fill, figure }: Mark, child: ChildLoad): void {
  const { id, state, cpu, streams, clients, bitrate } = child;
  const percent = Math.round(cpu);
  const isServing = state === 'ready' || state === 'draining';
  const text = isServing ? `${percent}%` : state;
  setText(figure, text);
  setAttribute(element, 'data-level', state === 'ready' ? levelOf(cpu) : state);
  fill.style.setProperty('--load', `${Math.min(100, percent)}%`);
  const much = `${count(streams, 'stream')}, ${count(clients, 'client')}, ${bits(bitrate)}`;
  const words = `${id} ${text}: ${state}, ${much}`;
  setAttribute(element, 'title', words);
  setAttribute(element, 'aria-label', words);
}

function showThread({ element, fill, figure }: Mark, { index, cpu, pairs }: ThreadLoad): void {
  const percent = Math.round(cpu ?? 0);
  setText(figure, `${percent}%`);
  setAttribute(element, 'data-level', levelOf(percent));
  fill.style.setProperty('--load', `${Math.min(100, percent)}%`);
  const words = `relay thread ${index}: ${percent}% of a core, ${count(pairs, 'connection')}`;
  setAttribute(element, 'title', words);
  setAttribute(element, 'aria-label', words);
}

/** Returns the name of a load in percent of a core. */
export function levelOf(cpu: number): 'idle' | 'calm' | 'warm' | 'hot' {
  if (cpu >= 85) return 'hot';
  if (cpu >= 60) return 'warm';
  return cpu >= 5 ? 'calm' : 'idle';
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

function nextStop(stops: readonly HTMLElement[], at: number, key: string): HTMLElement | undefined {
  if (key === 'Home') return stops[0];
  if (key === 'End') return stops.at(-1);
  if (key === 'ArrowUp' || key === 'ArrowDown') return stopBeside(stops, at, key === 'ArrowUp');
  const step = STEPS[key];
  return step === undefined ? undefined : stops[at + step];
}

/** Returns the nearest stop in another line, above or below. */
function stopBeside(
  stops: readonly HTMLElement[],
  at: number,
  isAbove: boolean,
): HTMLElement | undefined {
  const here = stops[at]?.getBoundingClientRect();
  if (here === undefined) return undefined;
  const far = (stop: HTMLElement) => {
    const { left, top } = stop.getBoundingClientRect();
    const down = isAbove ? here.top - top : top - here.top;
    return down < here.height / 2
      ? Number.POSITIVE_INFINITY
      : 4 * down + Math.abs(left - here.left);
  };
  const distances = stops.map(far);
  const least = Math.min(...distances);
  return Number.isFinite(least) ? stops[distances.indexOf(least)] : undefined;
}

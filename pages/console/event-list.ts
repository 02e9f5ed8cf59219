import { make, makeLink, setText } from './elements.js';
import type { FeedEvent } from './feed.js';
import { printRoute } from './route.js';
import { clock, shortName } from './text.js';

/** Types of events that say that something went wrong, and that something is worth a look. */
const BAD = new Set(['child-down', 'child-broken', 'child-hung', 'registry-away', 'relay-thread']);
const WARNING = new Set([
  ...['child-busy', 'child-ejected', 'child-drained', 'child-restart', 'child-recycled'],
  ...['refused', 'hook-failed', 'takeover', 'publisher-replaced', 'kick'],
]);

/** A list of events, the newest first. */
export class EventList {
  readonly element = make('ol', { className: 'events' });
  readonly #most: number;
  /** Ids of what it shows, newest first. */
  #shown: readonly string[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  show(events: readonly FeedEvent[]): void {
    const newest = events.slice(-this.#most).reverse();
    const ids = newest.map(({ id }) => id);
    const [first] = this.#shown;
    const fresh = first === undefined ? -1 : ids.indexOf(first);
    const isContinued = fresh >= 0 && ids.slice(fresh).every((id, i) => id === this.#shown[i]);
    this.#shown = ids;
    if (!isContinued) {
      this.element.replaceChildren(...newest.map(itemOf));
      return;
    }
    this.element.prepend(...newest.slice(0, fresh).map(itemOf));
    while (this.element.children.length > ids.length) this.element.lastChild?.remove();
  }

  /** Says that there is none. */
  none(words: string): void {
    this.#shown = [];
    const item = this.element.firstElementChild ?? make('li', { className: 'none' });
    setText(item, words);
    this.element.replaceChildren(item);
  }
}

function itemOf({ at, event }: FeedEvent): HTMLElement {
  const time = make('time', { textContent: clock(at), dateTime: new Date(at).toISOString() });
  const type = make('span', { className: 'type', textContent: event.type });
  const { child } = event;
  const about = make('span', { className: 'about' });
  if (typeof child === 'string') about.append(makeLink(child, printRoute('children', child)), ' ');
  for (const stream of streamsOf(event)) {
    about.append(makeLink(shortName(stream), printRoute('streams', stream)), ' ');
  }
  about.append(fieldsText(event));
  const item = make('li', {}, time, type, about);
  item.dataset.tone = BAD.has(event.type) ? 'bad' : WARNING.has(event.type) ? 'warning' : 'plain';
  return item;
}

/** Streams that an event names, each of which has a timeline that tells more. */
function streamsOf({ stream, streams, names }: FeedEvent['event']): readonly string[] {
  const lists = [streams, names].filter((list) => Array.isArray(list));
  return [stream, ...lists.flat()].filter((name) => typeof name === 'string');
}

const LINKED = new Set(['type', 'child', 'stream', 'names']);

/** Returns all fields of an event in words that are no links. */
function fieldsText(event: FeedEvent['event']): string {
  return Object.entries(event)
    .filter(([name, value]) => !LINKED.has(name) && !(name === 'streams' && Array.isArray(value)))
    .map(([name, value]) => [name, wordsOf(value)] as const)
    .filter(([, words]) => words !== '')
    .map(([name, words]) => `${name} ${words}`)
    .join(' · ');
}

/** Returns `c001, c002` for a list and `rtmp 3, http 1` for an object; '' for nothing. */
function wordsOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map((pair) => pair.join(' '))
    .join(', ');
}

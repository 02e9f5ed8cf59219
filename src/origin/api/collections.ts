import type { Context } from '../context.js';
import type { Exchange } from '../http/reply.js';
import type { View } from './views.js';
import * as views from './views.js';

/** SRS's error codes. */
const NO_VHOST = 2014;
const NO_STREAM = 2048;
const NO_CLIENT = 2049;

/** SRS lists at least ten, whatever `count` is. */
const MIN_COUNT = 10;

/** A view, an error code, or null if the method is not allowed. */
type Answer = View | number | null;

/** Answers with a page of a list (id ''), or with one entry. */
type List = (id: string, exchange: Exchange) => Answer;

/** The lists of the API, and their entries by id. */
export class Collections {
  readonly #context: Context;

  readonly #lists: Readonly<Record<string, List>>;

  constructor(context: Context) {
    this.#context = context;
    const { sources, clients } = context;
    this.#lists = {
      vhosts: (id) => this.#vhosts(id),
      streams: listOf('stream', NO_STREAM, sources, (one) => views.streamView(context, one)),
      clients: listOf('client', NO_CLIENT, clients, (one) => views.clientView(context, one)),
    };
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#lists, name);
  }

  /** Answers GET of a list or an entry. DELETE of a client kicks it. */
  answer(name: string, id: string, exchange: Exchange): Answer {
    const { method } = exchange.request;
    if (method === 'DELETE' && name === 'clients') return this.#kick(id);
    return method === 'GET' ? (this.#lists[name]?.(id, exchange) ?? null) : null;
  }

  #vhosts(id: string): Answer {
    const { sources } = this.#context;
    const all = sources.vhosts();
    if (id === '') return { vhosts: all.map((name) => views.vhostView(this.#context, name)) };
    const name = all.find((vhost) => sources.vhostId(vhost) === id);
    return name === undefined ? NO_VHOST : { vhost: views.vhostView(this.#context, name) };
  }

  #kick(id: string): Answer {
    const client = this.#context.clients.find(id);
    if (client === undefined) return NO_CLIENT;
    this.#context.log.warn(client.id, 'delete client=kickoff');
    client.link.close();
    return {};
  }
}

interface Items<T> {
  list(): readonly T[];
  find(id: string): T | undefined;
}

function listOf<T>(name: string, unknown: number, items: Items<T>, view: (one: T) => View): List {
  return (id, exchange) => {
    if (id === '') return { [`${name}s`]: paged(items.list(), exchange).map(view) };
    const one = items.find(id);
    return one === undefined ? unknown : { [name]: view(one) };
  };
}

function paged<T>(items: readonly T[], { url }: Exchange): T[] {
  const number = (name: string): number => Math.trunc(Number(url.searchParams.get(name))) || 0;
  const start = Math.max(0, number('start'));
  return items.slice(start, start + Math.max(MIN_COUNT, number('count')));
}

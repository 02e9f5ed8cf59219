import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventFilter, EventLog } from '../events/event-log.js';
import { historyOf, type Timeline } from '../events/timeline.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import { EventReader, type EventReaderOptions, MOST_READERS } from './event-reader.js';
import type { AdminPlugin } from './server.js';
import type { AdminSource } from './types.js';

export interface EventRoutesParts {
  readonly events: EventLog;
  readonly source: Pick<AdminSource, 'streams'>;
}

interface Query {
  readonly stream?: string;
  readonly child?: string;
  readonly last?: string;
}

type OfEvents = FastifyRequest<{ Querystring: Query }>;
type OfStream = FastifyRequest<{ Params: { key: string } }>;

/** Events that are given if the request does not say how many. */
const DEFAULT_LAST = 1000;

/**
 * Routes of events. `GET /admin/v1/events`: server-sent events for a request that accepts these,
 * else a JSON list. `GET /admin/v1/streams/KEY/timeline`: the history of a stream.
 */
export function eventRoutes({ events, source }: EventRoutesParts): AdminPlugin {
  const readers = new Set<EventReader>();
  return async (app) => {
    app.get('/admin/v1/events', async (request: OfEvents, reply) => {
      const filter = filterOf(request.query);
      const last = countOf(request.query.last);
      const accepts = request.headers.accept ?? '';
      if (!accepts.includes('text/event-stream')) return events.list(filter, last);
      return stream(request, reply, { filter, last });
    });
    app.get('/admin/v1/streams/:key/timeline', async ({ params: { key } }: OfStream) =>
      timelineOf(fullKey(key)),
    );
    app.addHook('preClose', async () => {
      for (const reader of readers) reader.close();
    });
  };

  function stream(
    { headers }: OfEvents,
    reply: FastifyReply,
    wanted: Pick<EventReaderOptions, 'filter' | 'last'>,
  ): FastifyReply {
    if (readers.size >= MOST_READERS) {
      const error = `${MOST_READERS} readers of events are there: close one of them`;
      return reply.code(503).header('retry-after', '5').send({ error });
    }
    const id = headers['last-event-id'];
    const from = typeof id === 'string' ? id : null;
    const head = reply.getHeaders() as Record<string, string>;
    reply.hijack();
    const reader = new EventReader(events, reply.raw, { head, from, ...wanted });
    readers.add(reader);
    reply.raw.once('close', () => readers.delete(reader));
    return reply;
  }

  async function timelineOf(key: string): Promise<Timeline> {
    const rows = await source.streams();
    const row = rows.find((one) => one.stream === key) ?? null;
    const live = row && {
      child: row.child,
      publishing: row.publishing,
      clients: row.clients,
      since: row.since,
    };
    return { stream: key, live, ...historyOf(key, events.list()) };
  }
}

function filterOf({ stream, child }: Query): EventFilter {
  return { stream: stream === undefined ? undefined : fullKey(stream), child };
}

/** Returns a stream's key; `app/stream` is one of the default vhost. */
function fullKey(name: string): string {
  return name.split('/').length === 2 ? `${DEFAULT_VHOST}/${name}` : name;
}

function countOf(text = `${DEFAULT_LAST}`): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const error = `last: must be a whole number 0-999999, got "${text.slice(0, 64)}"`;
  throw Object.assign(new Error(error), { statusCode: 400 });
}

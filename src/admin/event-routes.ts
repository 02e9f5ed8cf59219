import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { EventFilter, EventLog } from '../events/event-log.js';
import { TIMELINE, type Timeline } from '../events/publication.js';
import { historyOf } from '../events/timeline.js';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import { ANSWERS } from './answers.js';
import { EventReader, type EventReaderOptions, MOST_READERS } from './event-reader.js';
import { readFields, takeOrders, whole } from './order-body.js';
import type { AdminPlugin } from './server.js';
import type { AdminSource } from './types.js';

export interface EventRoutesParts {
  readonly events: EventLog;
  readonly source: Pick<AdminSource, 'streams'>;
}

type OfStream = FastifyRequest<{ Params: { key: string } }>;

const QUERY = z.object({
  stream: z.string().optional().describe('only about app/stream, or vhost/app/stream'),
  child: z.string().optional().describe('only about the child of that id'),
  last: whole(0, 999_999).default(1000).describe('the last so many'),
});

const DOCS = {
  events: {
    summary: 'Events of the last hour, oldest first; as server-sent events they go on',
    tag: 'events',
    query: QUERY,
    headers: z.object({
      'Last-Event-ID': z.string().optional().describe('continue after the event of that id'),
    }),
    answers: {
      200: {
        about: 'a list, or server-sent events if the request accepts these',
        bodies: { 'application/json': ANSWERS.events, 'text/event-stream': z.string() },
      },
    },
    errors: { 400: 'last is no number', 503: 'too many readers of server-sent events' },
  },
  timeline: {
    summary: 'Who published a stream in the last hour, in which child, and why that ended',
    tag: 'events',
    params: z.object({ key: z.string().describe('app/stream, or vhost/app/stream, as one part') }),
    answers: { 200: json(TIMELINE, 'the history; empty for a stream that was never there') },
  },
} as const satisfies Record<string, RouteDoc>;

/**
 * Routes of events. `GET /admin/v1/events`: server-sent events for a request that accepts these,
 * else a JSON list. `GET /admin/v1/streams/KEY/timeline`: the history of a stream.
 */
export function eventRoutes({ events, source }: EventRoutesParts): AdminPlugin {
  const readers = new Set<EventReader>();
  return async (app) => {
    takeOrders(app, { ERR_USAGE: 400 });
    app.get('/admin/v1/events', { config: { doc: DOCS.events } }, async (request, reply) => {
      const { last, ...named } = readFields(request.query, QUERY);
      const filter = filterOf(named);
      const accepts = request.headers.accept ?? '';
      if (!accepts.includes('text/event-stream')) return events.list(filter, last);
      return stream(request, reply, { filter, last });
    });
    app.get(
      '/admin/v1/streams/:key/timeline',
      { config: { doc: DOCS.timeline } },
      async ({ params: { key } }: OfStream) => timelineOf(fullKey(key)),
    );
    app.addHook('preClose', async () => {
      for (const reader of readers) reader.close();
    });
  };

  function stream(
    { headers }: FastifyRequest,
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

function filterOf({ stream, child }: EventFilter): EventFilter {
  return { stream: stream === undefined ? undefined : fullKey(stream), child };
}

/** Returns a stream's key; `app/stream` is one of the default vhost. */
function fullKey(name: string): string {
  return name.split('/').length === 2 ? `${DEFAULT_VHOST}/${name}` : name;
}

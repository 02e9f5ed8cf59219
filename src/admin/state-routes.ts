import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { documentOf } from '../openapi/document.js';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { isDocumented, type RegisteredRoute } from '../openapi/routes.js';
import { VERSION } from '../version.js';
import {
  ADMIN_STATUS,
  type AdminSource,
  CHILD_ROW,
  CLIENT_ROW,
  PORT_CONNECTION,
  STREAM_ROW,
} from './types.js';

const HEALTH = z.object({ status: z.string().describe('ok, or why it is not') });

const DOCS = {
  status: {
    summary: 'The box in one answer',
    tag: 'state',
    answers: { 200: json(ADMIN_STATUS, 'the state, and the counters since the start') },
  },
  children: {
    summary: 'All children, and origins that registered themselves',
    tag: 'state',
    answers: { 200: json(z.array(CHILD_ROW), 'the children in the order of their ids') },
  },
  streams: {
    summary: 'All streams that have a child',
    tag: 'state',
    answers: { 200: json(z.array(STREAM_ROW), 'the streams in the order of their keys') },
  },
  connections: {
    summary: 'All connections of clients, also those that have named no stream yet',
    tag: 'state',
    answers: { 200: json(z.array(PORT_CONNECTION), 'the connections') },
  },
  clients: {
    summary: 'All clients that have named their stream, and HLS sessions',
    tag: 'state',
    answers: { 200: json(z.array(CLIENT_ROW), 'the clients') },
  },
  health: {
    summary: 'Whether the box serves clients',
    tag: 'probes',
    isFree: true,
    answers: {
      200: json(HEALTH, 'it is ready, and so is a child'),
      503: json(HEALTH, 'it starts, drains or stops, or no child is ready'),
    },
  },
  document: {
    summary: 'This document',
    tag: 'state',
    answers: { 200: json(z.looseObject({ openapi: z.string() }), 'OpenAPI 3.1') },
  },
} as const satisfies Record<string, RouteDoc>;

const INFO = {
  title: 'srs-supervisor: the admin port',
  version: VERSION,
  description: 'What runs, and orders to it. Answers may get further fields in later versions.',
};

/** Adds the routes that tell what runs. */
export function addStateRoutes(app: FastifyInstance, source: AdminSource): void {
  const add = (path: string, doc: RouteDoc, ask: () => unknown) =>
    app.get(path, { config: { doc } }, async () => ask());
  add('/admin/v1/status', DOCS.status, () => source.status());
  add('/admin/v1/children', DOCS.children, () => source.children());
  add('/admin/v1/streams', DOCS.streams, () => source.streams());
  add('/admin/v1/connections', DOCS.connections, () => source.connections());
  add('/admin/v1/clients', DOCS.clients, () => source.clients());
  app.get('/healthz', { config: { doc: DOCS.health } }, async (_request, reply) => {
    const { state, children } = source.status();
    const healthy = state === 'ready' && children.ready > 0;
    const status = healthy ? 'ok' : state === 'ready' ? 'no child is ready' : state;
    return reply.code(healthy ? 200 : 503).send({ status });
  });
}

/** Adds the route of the OpenAPI document, which is made at the first request for it. */
export function addDocument(app: FastifyInstance, routes: readonly RegisteredRoute[]): void {
  let made: object | undefined;
  app.get('/admin/v1/openapi.json', { config: { doc: DOCS.document } }, async () => {
    made ??= documentOf(routes.filter(isDocumented), INFO);
    return made;
  });
}

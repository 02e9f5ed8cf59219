import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { documentOf } from '../openapi/document.js';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { isDocumented, type RegisteredRoute } from '../openapi/routes.js';
import { VERSION } from '../version.js';
import { ANSWERS, type AnswerOf, type ToldPath } from './answers.js';
import type { AdminSource } from './types.js';

const HEALTH = z.object({ status: z.string().describe('ok, or why it is not') });

const DOCS = {
  status: {
    summary: 'The box in one answer',
    tag: 'state',
    answers: { 200: json(ANSWERS.status, 'the state, and the counters since the start') },
  },
  children: {
    summary: 'All children, and origins that registered themselves',
    tag: 'state',
    answers: { 200: json(ANSWERS.children, 'the children in the order of their ids') },
  },
  streams: {
    summary: 'All streams that have a child',
    tag: 'state',
    answers: { 200: json(ANSWERS.streams, 'the streams in the order of their keys') },
  },
  connections: {
    summary: 'All connections of clients, also those that have named no stream yet',
    tag: 'state',
    answers: { 200: json(ANSWERS.connections, 'the connections') },
  },
  clients: {
    summary: 'All clients that have named their stream, and HLS sessions',
    tag: 'state',
    answers: { 200: json(ANSWERS.clients, 'the clients') },
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

/** Makes the answer of a path. */
type Told<P extends ToldPath> = () => AnswerOf<P> | Promise<AnswerOf<P>>;

/** Adds the routes that tell what runs. */
export function addStateRoutes(app: FastifyInstance, source: AdminSource): void {
  const add = <P extends ToldPath & keyof typeof DOCS>(path: P, ask: Told<P>) =>
    app.get(`/admin/v1/${path}`, { config: { doc: DOCS[path] } }, async () => ask());
  add('status', () => source.status());
  add('children', () => source.children());
  add('streams', () => source.streams());
  add('connections', () => source.connections());
  add('clients', () => source.clients());
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

import { type RouteDoc, text as textAnswer } from '../openapi/route-doc.js';
import type { AdminPlugin } from './server.js';

const DOC: RouteDoc = {
  summary: 'The figures of the box for Prometheus',
  tag: 'state',
  answers: { 200: textAnswer('text/plain', 'the text format of Prometheus, version 0.0.4') },
};

/** `GET /metrics`: the box's figures in the text format of Prometheus. */
export function metricsRoute(text: () => string): AdminPlugin {
  return async (app) => {
    app.get('/metrics', { config: { doc: DOC } }, async (_request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(text()),
    );
  };
}

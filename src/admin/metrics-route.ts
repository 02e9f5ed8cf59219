import type { AdminPlugin } from './server.js';

/** `GET /metrics`: the box's figures in the text format of Prometheus. */
export function metricsRoute(text: () => string): AdminPlugin {
  return async (app) => {
    app.get('/metrics', async (_request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(text()),
    );
  };
}

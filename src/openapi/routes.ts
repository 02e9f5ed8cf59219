import type { FastifyInstance } from 'fastify';
import type { DocumentedRoute } from './document.js';
import type { RouteDoc } from './route-doc.js';

/** A route of an app; null: nothing describes it. */
export type RegisteredRoute = Omit<DocumentedRoute, 'doc'> & { readonly doc: RouteDoc | null };

/** Returns a list that grows by each route that is registered in the app from now on. */
export function collectRoutes(app: FastifyInstance): readonly RegisteredRoute[] {
  const routes: RegisteredRoute[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    const doc = config?.doc ?? null;
    for (const one of [method].flat()) {
      // Fastify adds HEAD to each GET.
      if (one !== 'HEAD') routes.push({ method: one, url, doc });
    }
  });
  return routes;
}

export function isDocumented(route: RegisteredRoute): route is DocumentedRoute {
  return route.doc !== null;
}

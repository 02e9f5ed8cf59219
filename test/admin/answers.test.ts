import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ANSWERS } from '../../src/admin/answers.js';
import { eventRoutes } from '../../src/admin/event-routes.js';
import { jobRoutes } from '../../src/admin/job-routes.js';
import { AdminServer } from '../../src/admin/server.js';
import { upgradeRoutes } from '../../src/admin/upgrade-routes.js';
import { EventLog } from '../../src/events/event-log.js';
import { source } from './fixtures.js';

it('has the schema by which the route of each path is documented', async () => {
  const events = new EventLog({ clock: () => 0 });
  const server = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    token: null,
    source: source(),
    plugins: [
      eventRoutes({ events, source: source() }),
      jobRoutes({} as Parameters<typeof jobRoutes>[0]),
      upgradeRoutes({} as Parameters<typeof upgradeRoutes>[0]),
    ],
  });
  await server.start();
  try {
    for (const [path, schema] of Object.entries(ANSWERS)) {
      const route = server.routes.find(
        ({ method, url }) => method === 'GET' && url === `/admin/v1/${path}`,
      );
      assert.equal(route?.doc?.answers[200]?.bodies['application/json'], schema, path);
    }
  } finally {
    await server.close();
  }
});

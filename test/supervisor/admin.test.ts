import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Api } from '../../src/api/api.js';
import { EventLog } from '../../src/events/event-log.js';
import { makeAdmin } from '../../src/supervisor/admin.js';
import { source } from '../admin/fixtures.js';
import { ApiDocument } from '../helpers/api-document.js';

type Parts = Parameters<typeof makeAdmin>[0];

const address = { host: '127.0.0.1', port: 0 };
const identity = { server: 's', service: 't', pid: 1, version: '7.0.18' };
const silent = { on: () => {} };
/** Only what is needed before the first request. */
const parts = {
  config: {
    listen: { admin: address },
    admin: { token: null },
    origins: { auth: null, from: [], hosts: [], token: null },
  },
  api: new Api({ source: { identity, rules: { authorization: null } } as never }),
  renewals: silent,
  loop: silent,
  events: new EventLog(),
  orders: {},
  view: source(),
} as unknown as Parts;

describe('the admin port', () => {
  const server = makeAdmin(parts);
  let document: Record<string, unknown>;
  before(async () => {
    await server.start();
    const url = `http://127.0.0.1:${server.address().port}/admin/v1/openapi.json`;
    document = (await (await fetch(url)).json()) as Record<string, unknown>;
  });
  after(() => server.close());

  it('describes every route, and no other', () => {
    // Pages are for people.
    const isPage = (url: string) => !/^\/(admin\/|api\/|metrics$|healthz$)/.test(url);
    const there = server.routes
      .filter(({ url }) => !isPage(url))
      .map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`);
    assert.ok(there.length > 20);
    assert.deepEqual(new ApiDocument(document).operations.sort(), there.sort());
  });

  it('has a document that is OpenAPI 3.1', async () => {
    assert.equal(document.openapi, '3.1.0');
    const { valid, errors } = await new Validator().validate(document);
    assert.ok(valid, JSON.stringify(errors, null, 1));
  });

  it('names each operation once', () => {
    const paths = document.paths as Record<string, Record<string, { operationId: string }>>;
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    assert.equal(new Set(ids).size, ids.length);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { documentOf } from '../../src/openapi/document.js';
import { json, type RouteDoc, text } from '../../src/openapi/route-doc.js';

const INFO = { title: 'a box', version: '1', description: 'for tests' };
const ROW = z
  .object({
    id: z.string().describe('its name'),
    size: z.int().min(0),
    list: z.array(z.string()).readonly(),
  })
  .meta({ id: 'TestRow' });

const DOC: RouteDoc = {
  summary: 'Change a row',
  tag: 'orders',
  params: z.object({ id: z.string().describe('name of the row') }),
  query: z.object({ last: z.int().min(0).max(9).default(3) }),
  headers: z.object({ 'Last-Event-ID': z.string().optional() }),
  body: z.strictObject({ count: z.int().min(1).max(5), wait: z.boolean().default(false) }),
  answers: { 200: json(ROW, 'the row'), 202: text('text/plain', 'a word') },
  errors: { 404: 'no such row' },
};

interface Made {
  paths: Record<string, Record<string, Record<string, unknown>>>;
  components: { schemas: Record<string, Record<string, unknown>> };
}
const made = (doc: RouteDoc) =>
  documentOf([{ method: 'POST', url: '/admin/v1/rows/:id/change', doc }], INFO) as unknown as Made;

describe('the document of routes', () => {
  const { paths, components } = made(DOC);
  const operation = paths['/admin/v1/rows/{id}/change']?.post;

  it('has a name, parameters and a body for each', () => {
    assert.equal(operation?.operationId, 'postRowsIdChange');
    assert.deepEqual(operation?.security, [{ token: [] }]);
    assert.deepEqual(operation?.parameters, [
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'name of the row',
        schema: { type: 'string' },
      },
      {
        name: 'last',
        in: 'query',
        required: false,
        schema: { type: 'integer', minimum: 0, maximum: 9, default: 3 },
      },
      { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } },
    ]);
    const schema = {
      type: 'object',
      properties: {
        count: { type: 'integer', minimum: 1, maximum: 5 },
        wait: { type: 'boolean', default: false },
      },
      required: ['count'],
      additionalProperties: false,
    };
    assert.deepEqual(operation?.requestBody, {
      required: true,
      content: { 'application/json': { schema } },
    });
  });

  it('names what it answers, and lets answers grow', () => {
    const responses = operation?.responses as Record<string, { content: object }>;
    assert.deepEqual(Object.keys(responses), ['200', '202', '401', '403', '404']);
    const row = { $ref: '#/components/schemas/TestRow' };
    assert.deepEqual(responses['200']?.content, { 'application/json': { schema: row } });
    assert.deepEqual(responses['202']?.content, { 'text/plain': { schema: { type: 'string' } } });
    const error = { $ref: '#/components/schemas/Error' };
    assert.deepEqual(responses['404']?.content, { 'application/json': { schema: error } });
    assert.deepEqual(components.schemas.TestRow, {
      type: 'object',
      properties: {
        id: { type: 'string', description: 'its name' },
        size: { type: 'integer', minimum: 0 },
        list: { type: 'array', items: { type: 'string' } },
      },
      required: ['id', 'size', 'list'],
    });
  });

  it('asks for no token where none is needed', () => {
    const free = made({ ...DOC, isFree: true }).paths['/admin/v1/rows/{id}/change']?.post;
    assert.deepEqual(free?.security, []);
    assert.deepEqual(Object.keys(free?.responses ?? {}), ['200', '202', '403', '404']);
  });
});

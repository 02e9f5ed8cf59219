import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { corsHeaders, namedCorsHeaders } from '../../../src/protocol/http/cors.js';

const allowed = (asked: string) =>
  namedCorsHeaders({ origin: 'http://a', 'access-control-request-headers': asked })[
    'Access-Control-Allow-Headers'
  ];

describe('CORS headers', () => {
  it('are for requests with an Origin alone', () => {
    assert.deepEqual(corsHeaders(undefined), {});
    assert.deepEqual(namedCorsHeaders({}), {});
    assert.equal(corsHeaders('http://a')['Access-Control-Allow-Private-Network'], 'true');
  });

  it('name what a page asks for, since `*` does not cover Authorization', () => {
    assert.equal(allowed(''), '*, Authorization, Content-Type, If-Match');
    assert.equal(allowed('x-a, Authorization'), '*, Authorization, Content-Type, If-Match, x-a');
    assert.equal(allowed('a b,\r\nx: y,é,x-b'), '*, Authorization, Content-Type, If-Match, x-b');
    const many = Array.from({ length: 1000 }, (_, at) => `x-${at}`).join(',');
    assert.equal(allowed(many)?.split(',').length, 36);
  });

  it('name what a page reads of an answer', () => {
    const { 'Access-Control-Expose-Headers': read = '' } = namedCorsHeaders({ origin: 'null' });
    for (const name of ['Location', 'Link', 'ETag']) assert.ok(read.includes(name), read);
  });
});

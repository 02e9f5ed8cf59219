import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, it } from 'node:test';
import { type ApiAccess, isRefusedPreflight, refusalOf } from '../../src/api/access.js';
import { isAllowed } from '../../src/api/auth.js';

const TOKEN = 'correct-horse-battery';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const ANN = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
const BASIC = { authorization: ANN };
const EVIL = { origin: 'http://evil.example' };
const LOCAL: ApiAccess = { authorization: null, token: null, changes: 'local' };

/** Status of a change; 200 where it is made. */
function change(access: ApiAccess, ip: string, headers: IncomingHttpHeaders = {}): number {
  const all = { host: 'localhost:1985', ...headers };
  const caller = { path: '/api/v1/clients/x', isChange: true, ip, headers: all };
  return refusalOf(access, caller)?.status ?? 200;
}

function read(access: ApiAccess, ip: string, headers: IncomingHttpHeaders = {}): number {
  const caller = { path: '/api/v1/streams/', isChange: false, ip, headers };
  return refusalOf(access, caller)?.status ?? 200;
}

describe('a change by the API', () => {
  it('is for this machine itself', () => {
    for (const ip of ['127.0.0.1', '127.3.4.5', '::1']) assert.equal(change(LOCAL, ip), 200, ip);
    for (const ip of ['192.0.2.1', '10.0.0.1', '2001:db8::1', '0.0.0.0', '']) {
      assert.equal(change(LOCAL, ip), 403, ip);
      assert.equal(read(LOCAL, ip), 200, ip);
    }
  });

  it('is not for who comes through a proxy that nobody trusts', () => {
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via']) {
      assert.equal(change(LOCAL, '127.0.0.1', { [name]: 'x' }), 403, name);
    }
  });

  it('is not for a name that could be any site’s', () => {
    const by = (host: string | undefined) => change(LOCAL, '127.0.0.1', { host });
    for (const host of ['127.0.0.1:1985', 'LocalHost', '[::1]:1985', '10.0.0.5', undefined]) {
      assert.equal(by(host), 200, host);
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io:1985']) {
      assert.equal(by(host), 403, host);
      const own = { host, origin: `http://${host}` };
      assert.equal(change(LOCAL, '127.0.0.1', own), 403, `page of ${host}`);
    }
  });

  it('is not for a page of another site, whatever the browser sends of its own', () => {
    const foreign: IncomingHttpHeaders[] = [
      EVIL,
      { origin: 'null' },
      { origin: '' },
      { origin: 'http://localhost.evil.example' },
      { referer: 'http://evil.example/page' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    const password = { ...LOCAL, authorization: ANN };
    for (const headers of foreign) {
      const text = JSON.stringify(headers);
      assert.equal(change(LOCAL, '127.0.0.1', headers), 403, text);
      assert.equal(change(password, '192.0.2.1', { ...headers, ...BASIC }), 403, text);
      assert.equal(read(LOCAL, '127.0.0.1', headers), 200, text);
    }
    const own: IncomingHttpHeaders[] = [
      { origin: 'http://localhost:8080' },
      { referer: 'http://localhost:8080/console/', 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ];
    for (const headers of own) {
      assert.equal(change(LOCAL, '127.0.0.1', headers), 200, JSON.stringify(headers));
    }
  });

  it('is for who has the password, from anywhere', () => {
    const access = { ...LOCAL, authorization: ANN };
    assert.equal(change(access, '192.0.2.1', BASIC), 200);
    assert.equal(change(access, '192.0.2.1'), 401);
    assert.equal(change(access, '127.0.0.1'), 401);
    assert.equal(read(access, '127.0.0.1'), 401);
    const { status, scheme, reason } = refusalOf(access, {
      path: '/api/v1/clients/x',
      isChange: true,
      ip: '127.0.0.1',
      headers: {},
    }) ?? { status: 0 };
    assert.deepEqual([status, scheme, reason], [401, 'Basic', '']);
  });

  it('is for who has the token, from anywhere and from any page', () => {
    for (const changes of ['local', 'token'] as const) {
      const access: ApiAccess = { authorization: ANN, token: TOKEN, changes };
      assert.equal(change(access, '192.0.2.1', { ...BEARER, ...EVIL, host: 'box.example' }), 200);
      assert.equal(change(access, '127.0.0.1', { authorization: 'Bearer wrong' }), 401);
      assert.equal(read(access, '192.0.2.1', BEARER), 200);
    }
    const alone: ApiAccess = { authorization: ANN, token: TOKEN, changes: 'token' };
    assert.equal(change(alone, '127.0.0.1', BASIC), 401);
    assert.equal(read(alone, '127.0.0.1', BASIC), 200);
    const both: ApiAccess = { authorization: null, token: TOKEN, changes: 'local' };
    assert.equal(change(both, '127.0.0.1'), 200);
    assert.equal(change(both, '192.0.2.1'), 401);
  });

  it('is for everybody who may read, where it is said so', () => {
    const open: ApiAccess = { ...LOCAL, changes: 'open' };
    assert.equal(change(open, '192.0.2.1', EVIL), 200);
    assert.equal(change({ ...open, authorization: ANN }, '192.0.2.1'), 401);
  });
});

describe('a preflight', () => {
  const asks = (access: ApiAccess, method: string, headers: IncomingHttpHeaders = {}) =>
    !isRefusedPreflight(access, {
      host: 'box.example:1985',
      ...EVIL,
      'access-control-request-method': method,
      ...headers,
    });

  it('of another site is answered for what reads', () => {
    for (const method of ['GET', 'HEAD', 'POST']) assert.ok(asks(LOCAL, method), method);
    for (const method of ['DELETE', 'PUT', 'PATCH']) assert.ok(!asks(LOCAL, method), method);
    assert.ok(asks(LOCAL, 'DELETE', { origin: 'http://box.example:8080' }));
    assert.ok(asks({ ...LOCAL, changes: 'open' }, 'DELETE'));
  });

  it('is answered where the token will be shown', () => {
    const access = { ...LOCAL, token: TOKEN };
    const shows = { 'access-control-request-headers': 'content-type,Authorization' };
    assert.ok(asks(access, 'DELETE', shows));
    assert.ok(!asks(access, 'DELETE'));
    assert.ok(!asks(LOCAL, 'DELETE', shows));
  });
});

it('a template’s bearer token opens what its password opened', () => {
  const expected = 'Bearer abc.def';
  assert.ok(isAllowed('/api/v1/versions', 'bearer abc.def', expected));
  for (const given of [undefined, 'Basic abc.def', 'Bearer abc.de', 'Bearer abc.deff']) {
    assert.ok(!isAllowed('/api/v1/versions', given, expected), given);
  }
  const access = { authorization: expected, token: null, changes: 'open' as const };
  const caller = { path: '/api/v1/versions', isChange: false, ip: '192.0.2.1', headers: {} };
  assert.equal(refusalOf(access, caller)?.scheme, 'Bearer');
});

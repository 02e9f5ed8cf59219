import assert from 'node:assert/strict';
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import { JwtVerifier } from '../../src/access/jwt.js';
import type { Bearer } from '../../src/access/signed.js';
import { jwtKeys } from '../../src/config/jwt-keys.js';
import { JWT_OFF } from '../helpers/access.js';
import { key } from '../helpers/stream-key.js';

const NOW = 1_800_000_000;
const CAM = key('__defaultVhost__/live/cam');
const BEARER: Bearer = { stream: CAM, role: 'play', address: '192.0.2.1' };
const CLAIMS = { exp: NOW + 60, stream: 'live/cam', role: 'play' };
const SECRET = 'a secret of more than 32 characters'.replaceAll(' ', '-');
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const OLD_EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const JWKS = JSON.stringify({
  keys: [
    { ...EC.publicKey.export({ format: 'jwk' }), kid: 'new' },
    { ...OLD_EC.publicKey.export({ format: 'jwk' }), kid: 'old' },
  ],
});
const RSA_PEM = RSA.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const SHARED = createSecretKey(SECRET, 'utf8');

const ALL = [...(jwtKeys.read(JWKS) ?? []), ...(jwtKeys.read(RSA_PEM) ?? [])];
const VERIFIER = new JwtVerifier({ ...JWT_OFF, keys: ALL, secret: SECRET });

function make(
  claims: object,
  by: KeyObject = SHARED,
  header: JWTHeaderParameters = { alg: 'HS256' },
) {
  return new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader(header).sign(by);
}

async function fault(token: string | Promise<string>, bearer: Partial<Bearer> = {}, now = NOW) {
  const time = { now, leeway: 60 };
  const result = await VERIFIER.check(await token, { ...BEARER, ...bearer }, time);
  return 'fault' in result ? result.fault : null;
}

describe('a JWT', () => {
  it('is verified by HS256, RS256 and ES256', async () => {
    assert.equal(await fault(make({})), null);
    assert.equal(await fault(make({}, RSA.privateKey, { alg: 'RS256' })), null);
    assert.equal(await fault(make({}, EC.privateKey, { alg: 'ES256', kid: 'new' })), null);
  });

  it('is found by its kid, or without one by each key; keys rotate', async () => {
    assert.equal(await fault(make({}, OLD_EC.privateKey, { alg: 'ES256', kid: 'old' })), null);
    assert.equal(await fault(make({}, OLD_EC.privateKey, { alg: 'ES256' })), null);
    const gone = make({}, OLD_EC.privateKey, { alg: 'ES256', kid: 'gone' });
    assert.equal(await fault(gone), 'it names no key and algorithm that are known here');
    const swapped = make({}, OLD_EC.privateKey, { alg: 'ES256', kid: 'new' });
    assert.equal(await fault(swapped), 'its signature is wrong');
  });

  it('is refused if its algorithm is not that of a key', async () => {
    const unknown = 'it names no key and algorithm that are known here';
    // The classic forgery: the public key, which everybody knows, as the secret of an HMAC.
    const publicAsSecret = createSecretKey(RSA_PEM, 'utf8');
    assert.equal(await fault(make({}, publicAsSecret)), 'its signature is wrong');
    const onlyPublic = new JwtVerifier({ ...JWT_OFF, keys: ALL });
    const forged = await make({}, publicAsSecret);
    const time = { now: NOW, leeway: 60 };
    assert.deepEqual(await onlyPublic.check(forged, BEARER, time), { fault: unknown });
    assert.equal(await fault(make({}, SHARED, { alg: 'HS512' })), unknown);
    const [, payload] = (await make({})).split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    assert.equal(await fault(`${none}.${payload}.`), unknown);
    for (const text of ['', 'x', 'a.b.c', '..', `${'{'.repeat(4000)}`]) {
      assert.equal(await fault(text), unknown, text.slice(0, 10));
    }
  });

  it('expires, begins, and allows for the clock', async () => {
    assert.equal(await fault(make({ exp: NOW - 59 })), null);
    assert.equal(await fault(make({ exp: NOW - 61 })), 'it expired 61 s ago');
    assert.equal(await fault(make({ nbf: NOW + 59 })), null);
    assert.equal(await fault(make({ nbf: NOW + 90 })), 'its claim nbf is not accepted');
    assert.equal(await fault(make({ exp: undefined })), 'its claim exp is missing');
  });

  it('is for the streams and roles that it claims', async () => {
    const other = 'its claim stream is not for this stream';
    for (const [stream, expected] of [
      ['live/cam', null],
      ['/live/cam', null],
      ['__defaultVhost__/live/cam', null],
      ['live/*', null],
      [['x/y', 'live/cam'], null],
      ['live/ca', other],
      ['live/cam/x', other],
      ['tv.com/live/cam', other],
      ['tv.com/live/*', other],
      ['*', other],
      ['*/*', other],
      [undefined, other],
      [7, other],
    ] as const) {
      assert.equal(await fault(make({ stream })), expected, `${stream}`);
    }
    const nested = key('__defaultVhost__/live/room/cam');
    assert.equal(await fault(make({ stream: 'live/*' }), { stream: nested }), other);
    assert.equal(await fault(make({}), { role: 'publish' }), 'its claim role is not for this role');
    assert.equal(await fault(make({ role: ['publish', 'play'] }), { role: 'publish' }), null);
    assert.match((await fault(make({ role: undefined }))) ?? '', /claim role/);
  });

  it('may be bound to an address', async () => {
    const token = await make({ ip: '192.0.2.1' });
    const time = { now: NOW, leeway: 0 };
    assert.deepEqual(await VERIFIER.check(token, BEARER, time), { address: '192.0.2.1' });
    assert.equal(await fault(token, { address: '192.0.2.2' }), 'its claim ip is another address');
  });

  it('has the issuer and audience that are wanted', async () => {
    const wanted = { issuer: 'https://id.example.com', audience: 'tv' };
    const verifier = new JwtVerifier({ ...JWT_OFF, secret: SECRET, ...wanted });
    const check = async (claims: object) =>
      verifier.check(await make(claims), BEARER, { now: NOW, leeway: 0 });
    const right = { iss: wanted.issuer, aud: ['radio', 'tv'] };
    assert.deepEqual(await check(right), { address: null });
    const fault = 'its claim aud is not accepted';
    assert.deepEqual(await check({ ...right, aud: 'radio' }), { fault });
    assert.deepEqual(await check({ aud: 'tv' }), { fault: 'its claim iss is missing' });
  });
});

describe('the keys of JWTs', () => {
  it('are public ones of a kind that can be verified', () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const pem = ({ publicKey }: { publicKey: KeyObject }) =>
      publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const secret = RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const oct = JSON.stringify({ kty: 'oct', k: 'AAAA' });
    for (const text of [pem(small), pem(curve), secret, oct, '', '{', '{"keys":[]}', 'x', 7]) {
      assert.equal(jwtKeys.read(text), undefined, `${text}`.slice(0, 40));
    }
    const algorithms = jwtKeys.read(`${RSA_PEM}\n${pem(EC)}`)?.map(({ alg, kid }) => [alg, kid]);
    assert.deepEqual(algorithms, [
      ['RS256', null],
      ['ES256', null],
    ]);
    assert.deepEqual(
      jwtKeys.read(JWKS)?.map(({ kid }) => kid),
      ['new', 'old'],
    );
  });
});

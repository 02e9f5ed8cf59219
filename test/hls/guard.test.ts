import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessPolicy } from '../../src/access/policy.js';
import { signToken } from '../../src/access/signed.js';
import { HlsGuard, type ViewerRequest } from '../../src/hls/guard.js';
import { gateOf, OPEN_GATE, OPEN_RULES } from '../helpers/gate.js';
import { key } from '../helpers/stream-key.js';

const KEY = { id: 'k', secret: 'sixteen characters' };
const CAM = key('__defaultVhost__/live/cam');
const WINDOW_SECONDS = 10;
const VIEWER: ViewerRequest = {
  stream: CAM,
  ip: '192.0.2.1',
  session: null,
  token: null,
  isNew: false,
};
const NEEDED = { failure: 'token' };

function rig() {
  const play = { allow: [], deny: ['203.0.113.0/24'], token: 'required' } as const;
  const policy = new AccessPolicy([{ vhost: null, app: 'live', publish: null, play }]);
  const clock = { now: 0 };
  const gate = gateOf({ rules: () => ({ ...OPEN_RULES, policy, keys: [KEY] }) });
  const options = { gate, windowSeconds: WINDOW_SECONDS, now: () => clock.now };
  return { clock, guard: new HlsGuard(options) };
}

function token(address: string | null = null, stream = CAM): string {
  const expires = Math.floor(Date.now() / 1000) + 60;
  return signToken({ stream, role: 'play', expires, address }, KEY);
}

test('without rules every request passes, and no session is remembered', async () => {
  const guard = new HlsGuard({ gate: OPEN_GATE, windowSeconds: WINDOW_SECONDS });
  assert.equal(await guard.pass(VIEWER), null);
  guard.served('s', CAM, null);
});

test('a session that began with a token needs none, for its own stream', async () => {
  const { guard } = rig();
  await assert.rejects(guard.pass(VIEWER), NEEDED);
  await assert.rejects(guard.pass({ ...VIEWER, session: 'mine' }), NEEDED);
  await assert.rejects(guard.pass({ ...VIEWER, token: token(null, key('v/live/x')) }), NEEDED);
  guard.served('mine', CAM, await guard.pass({ ...VIEWER, token: token() }));
  await guard.pass({ ...VIEWER, session: 'mine' });
  await guard.pass({ ...VIEWER, session: 'mine', ip: '192.0.2.9' });
  await assert.rejects(guard.pass({ ...VIEWER, session: 'another' }), NEEDED);
  const other = key('__defaultVhost__/live/other');
  await assert.rejects(guard.pass({ ...VIEWER, session: 'mine', stream: other }), NEEDED);
});

test('addresses are checked with each request, whatever the session', async () => {
  const { guard } = rig();
  guard.served('mine', CAM, await guard.pass({ ...VIEWER, token: token() }));
  const barred = { ...VIEWER, session: 'mine', ip: '203.0.113.7' };
  await assert.rejects(guard.pass(barred), { failure: 'access' });
});

test('the session of a token for one address stays there', async () => {
  const { guard } = rig();
  guard.served('mine', CAM, await guard.pass({ ...VIEWER, token: token(VIEWER.ip) }));
  await guard.pass({ ...VIEWER, session: 'mine' });
  await assert.rejects(guard.pass({ ...VIEWER, session: 'mine', ip: '192.0.2.9' }), NEEDED);
});

test('a session lives while its playlist is asked for', async () => {
  const { guard, clock } = rig();
  const mine = { ...VIEWER, session: 'mine' };
  guard.served('mine', CAM, await guard.pass({ ...VIEWER, token: token() }));
  for (let round = 0; round < 3; round++) {
    clock.now += 2 * WINDOW_SECONDS * 1000 - 1;
    guard.served('mine', CAM, await guard.pass(mine));
  }
  // Segments do not prolong it.
  clock.now += 2 * WINDOW_SECONDS * 1000 - 1;
  await guard.pass(mine);
  clock.now += 1;
  await assert.rejects(guard.pass(mine), NEEDED);
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sessionMark, sessionsElsewhere } from '../../../src/listener/webrtc/sessions-elsewhere.js';
import { encodeUfrag, sealedNonce } from '../../../src/protocol/webrtc/ufrag.js';
import type { BoxRecord } from '../../../src/registry/redis/boxes.js';

const SECRET = 'a secret of some length';
const PORTS = { rtmp: 1, http: 2, api: 3, rtc: 4, srt: 5, peer: 6 };

function record(host: string): BoxRecord {
  return { v: 1, host, ports: PORTS, serverId: host };
}

function nameBy(id: string, secret = SECRET): string {
  const of = { box: sessionMark(id), child: 'c007' };
  return `${encodeUfrag({ ...of, nonce: sealedNonce(of, randomBytes(8), secret) })}:theirs`;
}

const boxes = new Map([
  ['one', record('10.0.0.1')],
  ['two', record('10.0.0.2')],
]);
const elsewhere = sessionsElsewhere({ list: () => boxes }, SECRET);

test('a session is at the box that marked it, for as long as that lives', () => {
  const name = nameBy('two');
  const route = elsewhere(name);
  assert.deepEqual([route?.host, route?.ports.rtc, route?.via?.port], ['10.0.0.2', 4, 6]);
  assert.deepEqual(route?.owner, { id: 'c007', generation: 0, box: 'two' });
  assert.equal(sessionsElsewhere({ list: () => new Map() }, SECRET)(name), null);
  assert.equal(elsewhere(nameBy('three')), null);
});

test('what no box has made leads nowhere', () => {
  const name = nameBy('two');
  for (const forged of [
    nameBy('two', 'another secret, as long'),
    name.replace(/.:/, (last) => (last === 'a:' ? 'b:' : 'a:')),
    `${encodeUfrag({ box: sessionMark('two'), child: 'c007', nonce: 'n'.repeat(16) })}:theirs`,
    'nobody:here',
    '',
  ]) {
    assert.equal(elsewhere(forged), null, forged);
  }
});

test('a box that is alone knows of no others', () => {
  assert.equal(sessionsElsewhere(null, SECRET)(nameBy('two')), null);
});

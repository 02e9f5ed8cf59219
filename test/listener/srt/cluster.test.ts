import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CONCLUSION } from '../../../src/protocol/srt/handshake.js';
import { conclusion } from '../../helpers/srt-caller.js';
import { until } from '../../helpers/until.js';
import { SrtRig } from './rig.js';

const PUBLISH = '#!::r=live/cam,m=publish';

describe('srt callers between two boxes', () => {
  const secret = { cookieSecret: '5'.repeat(64) };
  const asked = new SrtRig('native', secret);
  const told = new SrtRig('portable', secret);
  const stranger = new SrtRig('portable');

  before(() => Promise.all([asked, told, stranger].map((rig) => rig.start())));
  after(() => Promise.all([asked, told, stranger].map((rig) => rig.close())));

  it('are let in by one with the cookie of the other', async () => {
    const caller = await asked.caller();
    const { cookie } = await caller.induce(7);
    caller.target = told.port;
    const packet = conclusion(PUBLISH, { id: 7, sequence: 7, cookie });
    const answer = await until('an answer', () => {
      caller.send(packet);
      return caller.answerTo(7);
    });
    assert.deepEqual([answer.type, answer.cookie], [CONCLUSION, cookie]);
    assert.equal(asked.listener.counters.accepted, 0);
  });

  it('are not where the secret is another', async () => {
    const caller = await asked.caller();
    const { cookie } = await caller.induce(8);
    const before = stranger.shaken.length;
    caller.target = stranger.port;
    caller.send(conclusion(PUBLISH, { id: 8, sequence: 8, cookie }));
    await until('it is heard', () => stranger.shaken.length > before);
    assert.equal(stranger.listener.counters.accepted, 0);
  });
});

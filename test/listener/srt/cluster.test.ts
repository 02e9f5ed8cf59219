import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CONCLUSION } from '../../../src/protocol/srt/handshake.js';
import type { UdpEndpoint } from '../../../src/relay/udp.js';
import { conclusion, data } from '../../helpers/srt-caller.js';
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

for (const engine of ['portable', 'native'] as const) {
  describe(`srt connections whose packets come to another box, ${engine}`, () => {
    const BOX = '127.0.0.9';
    const isBox = (ip: string) => ip === BOX;
    const home = new SrtRig(engine, { isBox });
    let asked = 0;
    const find = async (socketId: number, ip: string): Promise<UdpEndpoint | null> => {
      asked += 1;
      return home.listener.has(socketId, ip) ? { ip: '127.0.0.1', port: home.port } : null;
    };
    const box = new SrtRig(engine, { isBox, elsewhere: { from: BOX, find } });

    before(() => Promise.all([home.start(), box.start()]));
    after(() => Promise.all([home.close(), box.close()]));

    it('go on by way of it, and back', async () => {
      const [child] = home.children;
      const caller = await home.caller();
      const { id } = await caller.call(9, PUBLISH);
      caller.target = box.port;
      await until('the child hears the client again', () => {
        caller.send(data(id, 'by another box'));
        return child?.dataFor(id).includes('by another box');
      });
      child?.reply(data(9, 'the same way'));
      await until('and the client the child', () => caller.dataFor(9).includes('the same way'));
      const [row] = await home.listener.rows();
      assert.equal(row?.client, `127.0.0.1:${caller.port}`);
      assert.equal(box.listener.connections.size, 1);
      caller.target = home.port;
      await until('it is back', () => {
        caller.send(data(id, 'straight'));
        return child?.dataFor(id).includes('straight');
      });
      caller.hangUp(id);
      await home.empties();
    });

    it('are asked for once when nobody knows them, and never for a box', async () => {
      const before = asked;
      const [stranger, other] = [await box.caller(), await box.caller(BOX)];
      await until('it is asked for', () => {
        other.send(data(77, 'from a box'));
        stranger.send(data(77, 'from nobody'));
        return asked > before;
      });
      for (let i = 0; i < 20; i += 1) stranger.send(data(77, 'from nobody'));
      stranger.send(data(78, 'the last'));
      await until('all are heard', () => asked === before + 2);
      assert.deepEqual(stranger.got, []);
    });
  });
}

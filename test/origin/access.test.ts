import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isReferred } from '../../src/origin/access.js';
import { readRefer } from '../../src/origin/conf/access.js';
import { parseConf } from '../../src/srs-conf/parse.js';
import { REAL_SRS, TestOrigin } from './helpers.js';
import { RtmpClient } from './rtmp-client.js';

describe('refer', () => {
  for (const [rules, role, page, expected] of [
    ['enabled off; all a.com;', 'play', 'http://b.com/', true],
    ['enabled on;', 'play', '', true],
    ['enabled on; all a.com b.com;', 'play', 'http://www.b.com:80/x?http://c.com', true],
    ['enabled on; all a.com;', 'play', 'http://a.com.evil/a.com', false],
    ['enabled on; publish a.com;', 'publish', '', false],
    ['enabled on; publish a.com;', 'play', '', true],
  ] as const) {
    it(`{ ${rules} } ${role} on '${page}': ${expected}`, () => {
      assert.equal(isReferred(readRefer(parseConf(`refer { ${rules} }`)), role, page), expected);
    });
  }
});

for (const binary of ['', REAL_SRS]) {
  const name = binary === '' ? 'mini-srs' : 'the real SRS';
  describe(`${name} and who may not`, {
    timeout: 120_000,
    skip: binary === null && 'the real SRS is not here',
  }, () => {
    let origin: TestOrigin;
    before(async () => {
      origin = await TestOrigin.start({
        ...(binary ? { binary } : {}),
        vhost: 'security { enabled on; deny publish 127.0.0.2; allow publish all; deny play all; }',
      });
    });
    after(() => origin.close());

    it('closes a publisher and a player, without a word that they may', async () => {
      const barred = await RtmpClient.open(origin.rtmp, '127.0.0.2');
      barred.publish(origin.tcUrl, 's');
      await barred.ends();
      assert.ok(!barred.codes().includes('NetStream.Publish.Start'));
      const player = await RtmpClient.open(origin.rtmp);
      player.play(origin.tcUrl, 's');
      await player.ends();
      assert.ok(!player.codes().includes('NetStream.Play.Start'));
      const publisher = await RtmpClient.open(origin.rtmp);
      publisher.publish(origin.tcUrl, 's');
      await publisher.hears('NetStream.Publish.Start');
      await assert.rejects(fetch(`http://127.0.0.1:${origin.http}/live/s.flv`));
      publisher.close();
    });
  });
}

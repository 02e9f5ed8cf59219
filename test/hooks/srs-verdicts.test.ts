import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../helpers/until.js';
import { MINI_SRS, REAL_SRS, TestOrigin } from '../origin/helpers.js';
import { RtmpClient } from '../origin/rtmp-client.js';
import { ANSWERS } from './answers.js';
import { says, UserHooks } from './hook-server.js';

/** Our table of answers agrees with SRS. */
for (const binary of REAL_SRS === null ? [MINI_SRS] : [REAL_SRS, MINI_SRS]) {
  describe(`verdicts of ${binary}`, { timeout: 120_000 }, () => {
    let user: UserHooks;
    let origin: TestOrigin;

    before(async () => {
      user = await UserHooks.start();
      const vhost = `http_hooks { enabled on; on_publish ${user.url}; }`;
      origin = await TestOrigin.start({ binary, vhost });
    });
    after(async () => {
      await origin?.close();
      await user?.close();
    });

    for (const [index, { status, body, verdict }] of ANSWERS.entries()) {
      it(`${status} with ${JSON.stringify(body)}`, async () => {
        user.replies.set('on_publish', says(status, body));
        const client = await RtmpClient.open(origin.rtmp);
        client.publish(origin.tcUrl, `s${index}`);
        // SRS says `onFCPublish`, with the same code, before it asks.
        const isIn = () => client.said().some(([name]) => name === 'onStatus');
        await until('let in or closed', () => isIn() || client.closed);
        assert.equal(isIn(), verdict === 'ok');
        client.close();
      });
    }
  });
}

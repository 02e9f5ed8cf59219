import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { offerText } from '../helpers/sdp.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { says, UserHooks } from '../hooks/hook-server.js';

const OFFER = offerText('sendonly');
const TOKEN = 's3cretTOKEN';

for (const origin of origins()) {
  describe(`hooks of ${origin.name} for WebRTC`, BOUNDED, () => {
    let user: UserHooks;
    let supervisor: RunningSupervisor;
    let api = '';

    before(async () => {
      user = await UserHooks.start();
      const ports = { api: await freePort(), rtc: await freePort() };
      api = `http://127.0.0.1:${ports.api}`;
      const env = {
        SRS_SUPERVISOR_HOOKS_ON_PUBLISH: user.url,
        SRS_SUPERVISOR_HOOKS_ON_PLAY: user.url,
      };
      // One child: the next publisher comes to where the refused one was.
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 1, ports, env });
    });
    beforeEach(() => {
      user.calls.length = 0;
      user.replies.clear();
    });
    after(async () => {
      await supervisor?.dispose();
      await user?.close();
    });

    const childLogs = async () => {
      const folder = join(supervisor.workDir, 'logs');
      const names = await readdir(folder);
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      return texts.join('');
    };
    const whip = async (stream: string) => {
      const url = `${api}/rtc/v1/whip/?app=live&stream=${stream}`;
      return (await fetch(url, { method: 'POST', body: OFFER })).status === 201;
    };
    const older = async (stream: string) => {
      const streamurl = `webrtc://127.0.0.1/live/${stream}`;
      const body = JSON.stringify({ sdp: OFFER, streamurl, api });
      const response = await fetch(`${api}/rtc/v1/publish/`, { method: 'POST', body });
      return ((await response.json()) as { code: number }).code === 0;
    };

    it('have the bearer token of a client, which no log has', async () => {
      const url = `${api}/rtc/v1/whip/?app=live&stream=tokened`;
      const headers = { authorization: `Bearer ${TOKEN}` };
      const answer = await fetch(url, { method: 'POST', body: OFFER, headers });
      assert.equal(answer.status, 201);
      const [call] = user.of('on_publish', 'tokened');
      assert.equal(call?.token, TOKEN);
      assert.match(`${call?.param}`, new RegExp(`^\\??app=live&stream=tokened&token=${TOKEN}$`));
      await until('the child logs it', async () => (await childLogs()).includes('tokened'));
      for (const text of [supervisor.output, await childLogs()]) assert.ok(!text.includes(TOKEN));
    });

    it('are asked at once, and once, about a player that comes before its publisher', async () => {
      const whep = (stream: string) => {
        const url = `${api}/rtc/v1/whep/?app=live&stream=${stream}`;
        return fetch(url, { method: 'POST', body: offerText('recvonly') });
      };
      const answer = await whep('early');
      assert.equal(answer.status, 201);
      assert.equal(user.of('on_play', 'early').length, 1);
      assert.ok(await whip('early'));
      user.replies.set('on_play', says(200, '{"code":1}'));
      assert.equal((await whep('barred')).status, 403);
      assert.equal(user.of('on_play', 'barred').length, 1);
      assert.equal(user.of('on_play', 'early').length, 1);
    });

    for (const [name, publish] of Object.entries({ whip, older })) {
      it(`leave the name of a refused publisher to the next one, by ${name}`, async () => {
        user.replies.set('on_publish', says(200, '{"code":1}'));
        assert.equal(await publish(name), false);
        user.replies.clear();
        let tries = 1;
        // SRS may have forgotten the source just then, and then it is said no to once more.
        await until('the next one is let in', async () => {
          tries += 1;
          const isIn = await publish(name);
          // SRS asks of nobody whose name is taken.
          assert.equal(user.of('on_publish', name).length, tries);
          return isIn;
        });
      });
    }
  });
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import type { Role } from '../../src/stream-key.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { type Protocol, protocolsOf, told } from '../helpers/told.js';
import { BOUNDED, until } from '../helpers/until.js';

const ENV = {
  SRS_SUPERVISOR_LIMITS_VIEWERS_PER_STREAM: '1',
  SRS_SUPERVISOR_LIMITS_STREAMS_PER_IP: '1',
};
const ANSWERS: Readonly<Record<Protocol, string>> = {
  rtmp: 'Failed',
  srt: '2402',
  ...{ whip: '503', whep: '503', flv: '503', hls: '503' },
};

for (const origin of origins()) {
  const isSrs = origin.name === 'srs';

  describe(`limits on streams before ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    let box: Parameters<typeof told>[0];
    const refused = { publish: 0, play: 0 };

    before(async () => {
      const [http, api, rtc] = [await freePort(), await freePort(), await freePort()];
      const srt = await freePort();
      const ports = { http, api, rtc, srt };
      const options = { origin: origin.path, children: 1, ports, env: ENV };
      const supervisor = await RunningSupervisor.start(options);
      box = { supervisor, host: '127.0.0.1', http, api, srt };
      cast.publish(supervisor.url('live/cam'));
      await supervisor.ownerOf('live/cam');
    });
    after(async () => {
      await cast.close();
      await box?.supervisor.dispose();
    });

    const answers = async (role: Role, stream: string) => {
      for (const protocol of protocolsOf(role, isSrs)) {
        const answer = await told(box, protocol, role, { stream, token: null });
        assert.equal(answer, ANSWERS[protocol], `${role} by ${protocol}`);
        refused[role] += 1;
      }
    };

    it('refuse a second stream of an address, in the words of each protocol', () =>
      answers('publish', 'second'));

    it('refuse a second player of a stream, and let one in when that has left', async () => {
      const first = await cast.play(box.supervisor.url('live/cam'));
      await answers('play', 'cam');
      await first.close();
      await until('a free place', async () => {
        const answer = await told(box, 'flv', 'play', { stream: 'cam', token: null });
        if (answer === '503') refused.play += 1;
        return answer === '200';
      });
    });

    it('count and log each with its limit', async () => {
      const { listeners } = await box.supervisor.get<AdminStatus>('status');
      const failed = (limit: 'streamsPerIp' | 'viewersPerStream') =>
        listeners.reduce((sum, { clients }) => sum + (clients?.failed[limit] ?? 0), 0);
      assert.equal(failed('streamsPerIp'), refused.publish);
      assert.equal(failed('viewersPerStream'), refused.play);
      const { output } = box.supervisor;
      for (const [limit, text] of [
        ['streamsPerIp', '1 streams come from'],
        ['viewersPerStream', '1 play this stream'],
      ]) {
        const fields = `"failure":"${limit}","limit":"limits.${limit}","err":"limits.${limit}: ${text}`;
        assert.ok(output.includes(fields), fields);
      }
    });
  });
}

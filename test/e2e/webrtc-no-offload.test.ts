import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { FarChecker, HERE } from '../helpers/far-checker.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Commands that take from the one behind them what offload needs. */
const WITHOUT = {
  CAP_NET_ADMIN: ['setpriv', '--bounding-set', '-net_admin', '--'],
  nft: ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /usr/sbin && exec "$@"', 'sh'],
};
const CAME_TO_NOTHING = /rtc\.media: offload does not work here, media are relayed/g;
const NO_IPV6 =
  !networkInterfaces().lo?.some(({ address }) => address === '::1') && 'no IPv6 on this machine';

function whyNot([program = '', ...words]: readonly string[]): string | false {
  const { status } = spawnSync(program, [...words, 'true']);
  return status !== 0 && `needs ${program} and the right to use it`;
}

for (const origin of origins()) {
  for (const [what, behind] of Object.entries(WITHOUT)) {
    const skip = whyNot(behind);
    describe(`WebRTC offload on ${origin.name} without ${what}`, { ...BOUNDED, skip }, () => {
      let supervisor: RunningSupervisor;
      let client: FarChecker;
      let ports = { api: 0, rtc: 0 };
      let api = '';

      before(async () => {
        client = new FarChecker(HERE);
        ports = { api: await freePort(), rtc: await freePort() };
        api = `http://127.0.0.1:${ports.api}`;
        const env = { SRS_SUPERVISOR_RTC_MEDIA: 'offload' };
        const options = { origin: origin.path, children: 1, ports, env, behind };
        supervisor = await RunningSupervisor.start(options);
      });
      after(async () => {
        await client?.close();
        await supervisor?.dispose();
      });

      const relays = async (ip: string) => {
        const session = await client.session(api, ip.replaceAll(/\W/g, ''));
        await client.meet(session, { from: ip, to: ip, port: ports.rtc });
        await until('its bytes', async () => {
          const rows = await supervisor.connections();
          return rows.some(({ bytesIn, bytesOut }) => bytesIn > 0 && bytesOut > 0);
        });
        assert.equal(await client.remove(api + session.location), 200);
      };

      it('relays, and says so once', async () => {
        await relays('127.0.0.1');
        assert.equal(supervisor.output.match(CAME_TO_NOTHING)?.length, 1, supervisor.output);
      });

      it('relays IPv6 to a child that has none', { skip: NO_IPV6 }, () => relays('::1'));
    });
  }
}

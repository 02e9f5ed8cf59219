import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { portsGone, provePorts } from '../../src/check/ports.js';
import { loadConfig } from '../../src/config/load.js';

const ANY_PORTS = ['RTMP', 'HTTP', 'API', 'RTC', 'SRT', 'ADMIN', 'PEER'].map((name) => [
  `SRS_SUPERVISOR_LISTEN_${name}`,
  '127.0.0.1:0',
]);
const CLUSTER = {
  SRS_SUPERVISOR_REGISTRY: 'redis://127.0.0.1',
  SRS_SUPERVISOR_CLUSTER_SECRET: 'sixteen-letters-and-more',
};

describe('ports are proven before a start', () => {
  let holder: Server;
  let taken = '';

  before(async () => {
    holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    taken = `127.0.0.1:${(holder.address() as AddressInfo).port}`;
  });
  after(() => holder.close());

  async function prove(env: Record<string, string>): Promise<string> {
    const config = await loadConfig({ env: { ...Object.fromEntries(ANY_PORTS), ...env } });
    return (await provePorts(config)).text ?? '';
  }

  it('names each that is free, once', async () => {
    const names = ['rtmp', 'http', 'api', 'admin', 'rtc', 'srt'];
    assert.equal(await prove({}), `free: ${names.map((name) => `${name} 127.0.0.1:0`).join(', ')}`);
  });

  it('refuses what is taken: WebRTC’s TCP port, too, and that of the other boxes', async () => {
    for (const [name, more] of [
      ['RTMP', {}],
      ['RTC', {}],
      ['PEER', CLUSTER],
    ] as const) {
      const refused = prove({ ...more, [`SRS_SUPERVISOR_LISTEN_${name}`]: taken });
      const message = new RegExp(`^listen.${name.toLowerCase()}: cannot listen on ${taken}: `);
      await assert.rejects(refused, { code: 'ERR_LISTEN', message });
    }
  });

  it('asks for none that is open already at that address', async () => {
    const at = (address: string, media = 'relay') =>
      loadConfig({ env: { ...Object.fromEntries(ANY_PORTS), ...rtcAt(address, media) } });
    const rtcAt = (address: string, media: string) => ({
      SRS_SUPERVISOR_LISTEN_RTC: address,
      SRS_SUPERVISOR_RTC_MEDIA: media,
    });
    const before = await at(taken);
    assert.equal((await provePorts(before, before)).text, 'free: ');
    const moved = await at('127.0.0.1:0');
    assert.equal((await provePorts(moved, before)).text, 'free: rtc 127.0.0.1:0');
    const direct = await at(taken, 'direct');
    const media = { ...before, rtc: { ...before.rtc, media: 'offload' as const } };
    assert.deepEqual([portsGone(before, before), portsGone(before, media)], [[], ['rtc']]);
    assert.deepEqual([portsGone(before, moved), portsGone(before, direct)], [['rtc'], ['rtc']]);
    await assert.rejects(provePorts(before, direct), { code: 'ERR_LISTEN' });
  });

  it('asks for none that is not opened', async () => {
    await prove({ SRS_SUPERVISOR_LISTEN_PEER: taken });
    await prove({ SRS_SUPERVISOR_LISTEN_RTC: taken, SRS_SUPERVISOR_RTC_MEDIA: 'direct' });
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Binary } from '../../src/child/binary.js';
import { portsAt } from '../../src/child/ports.js';
import { loadConfig } from '../../src/config/load.js';
import { bindsLoopback, closedPorts, exposedMedia } from '../../src/firewall/exposed.js';
import { printRanges } from '../../src/firewall/rules.js';

const old = { kind: 'srs', bindsMedia: false } as const;
const recent = { kind: 'srs', bindsMedia: true } as const;
const mini = { kind: 'mini-srs', bindsMedia: true } as const;
const none = { kind: 'none', bindsMedia: true } as const;

/** Exposed servers, then those on loopback: `rtc`, `srt`, `rtc srt` or none. */
const WAYS: readonly [Pick<Binary, 'kind' | 'bindsMedia'>, string, string, string][] = [
  [old, 'relay', 'rtc srt', ''],
  [old, 'offload', 'rtc srt', ''],
  [old, 'direct', 'srt', ''],
  [recent, 'relay', '', 'rtc srt'],
  [recent, 'offload', 'rtc', 'srt'],
  [recent, 'direct', '', 'srt'],
  [mini, 'relay', '', 'rtc srt'],
  [mini, 'offload', 'rtc', 'srt'],
  [none, 'offload', '', 'srt'],
];

const namesOf = (media: { readonly rtc: boolean; readonly srt: boolean }) =>
  Object.entries(media)
    .flatMap(([name, is]) => (is ? name : []))
    .join(' ');

test('what is left to a firewall, by program and way of media', async () => {
  for (const [binary, media, exposed, onLoopback] of WAYS) {
    const config = await loadConfig({ env: { SRS_SUPERVISOR_RTC_MEDIA: media } });
    const what = `${JSON.stringify(binary)} ${media}`;
    assert.equal(namesOf(exposedMedia(config, binary)), exposed, what);
    assert.equal(namesOf(bindsLoopback(config, binary)), onLoopback, what);
  }
});

test('what is not opened needs no firewall', async () => {
  const off = { SRS_SUPERVISOR_LISTEN_RTC: 'off', SRS_SUPERVISOR_LISTEN_SRT: 'off' };
  assert.equal(namesOf(exposedMedia(await loadConfig({ env: off }), old)), '');
});

test('ports of neighbours are one range, without those that are open on purpose', () => {
  const ports = [20_010, 20_000, 20_005, 30_000].map(portsAt);
  const texts = (rtc: boolean, srt: boolean) => {
    const { udp, tcp } = closedPorts(ports, { rtc, srt });
    return [printRanges(udp), printRanges(tcp)];
  };
  assert.deepEqual(texts(true, true), ['20003-20014, 30003-30004', '20003-20013, 30003']);
  assert.deepEqual(texts(true, false), ['20003-20013, 30003', '20003-20013, 30003']);
  assert.deepEqual(texts(false, true), ['20004, 20009, 20014, 30004', '']);
  assert.deepEqual(closedPorts([], { rtc: true, srt: true }), { udp: [], tcp: [] });
});

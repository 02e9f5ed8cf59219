import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedFault } from '../../src/access/signed.js';
import { sign } from '../../src/cli/sign.js';
import { loadConfig } from '../../src/config/load.js';
import { key } from '../helpers/stream-key.js';

const KEYS = 'k2:sixteen-characters-2,k1:sixteen-characters-1';
const RULES = '[{"app":"live","publish":{"token":"signed"},"play":{"token":"jwt"}}]';
const NOW = 1_800_000_000_000;
const PUBLISH = { role: 'publish', for: '15m', host: 'media.example.com' };

async function config(more: NodeJS.ProcessEnv = {}) {
  const env = { SRS_SUPERVISOR_ACCESS_KEYS: KEYS, SRS_SUPERVISOR_ACCESS_RULES: RULES, ...more };
  return loadConfig({ env });
}

test('prints a token that its box accepts, and a URL for each open port', async () => {
  const { access, ...rest } = await config({
    SRS_SUPERVISOR_LISTEN_API_HTTPS: '1990',
    SRS_SUPERVISOR_TLS_CERT: 'cert.pem',
    SRS_SUPERVISOR_TLS_KEY: 'key.pem',
  });
  const text = sign('live/cam', PUBLISH, { access, ...rest }, NOW);
  const [, token = ''] = /^token +(\S+)$/m.exec(text) ?? [];
  const bearer = { stream: key('__defaultVhost__/live/cam'), role: 'publish', address: '::1' };
  const time = { now: NOW / 1000, leeway: 0 };
  assert.equal(signedFault(token, { ...bearer, role: 'publish' }, access.keys, time), null);
  assert.match(token, /^k2\.1800000900\.any\./);
  const lines = [
    'stream   __defaultVhost__/live/cam',
    'role     publish',
    'expires  2027-01-15T08:15:00.000Z',
    'address  any',
    `token    ${token}`,
    `rtmp     rtmp://media.example.com:1935/live/cam?token=${token}`,
    `srt      srt://media.example.com:10080?streamid=#!::r=live/cam,m=publish,token=${token}`,
    `whip     http://media.example.com:1985/rtc/v1/whip/?app=live&stream=cam&token=${token}`,
    `whips    https://media.example.com:1990/rtc/v1/whip/?app=live&stream=cam&token=${token}`,
  ];
  assert.equal(text, lines.join('\n'));
});

test('names the vhost where it is not the default one, and what the rules ask for', async () => {
  const options = { ...PUBLISH, role: 'play', key: 'k1', address: '192.0.2.1', json: true };
  const signed = JSON.parse(sign('tv.example.com/live/cam', options, await config(), NOW));
  const { token, urls, note, address } = signed;
  assert.match(token, /^k1\.\d+\.ip\./);
  assert.equal(address, '192.0.2.1');
  const query = `vhost=tv.example.com&token=${token}`;
  assert.equal(urls.hls, `http://media.example.com:8080/live/cam.m3u8?${query}`);
  assert.equal(urls.flv, `http://media.example.com:8080/live/cam.flv?${query}`);
  const id = `#!::h=tv.example.com,r=live/cam,m=request,token=${token}`;
  assert.equal(urls.srt, `srt://media.example.com:10080?streamid=${id}`);
  assert.match(note, /ask for a JWT here/);
  const open = JSON.parse(sign('other/cam', { ...options, key: 'k2' }, await config(), NOW));
  assert.match(open.note, /ask for no token here: everybody may play it/);
});

test('says in one line what is wrong', async () => {
  const ready = await config();
  const table: readonly (readonly [string, object, RegExp])[] = [
    ['cam', {}, /^STREAM: must be app\/stream or vhost\/app\/stream, got "cam"$/],
    ['live/cam?x=1', {}, /^STREAM: /],
    ['live//cam', {}, /^STREAM: /],
    ['live/cam', { role: undefined }, /^--role: must be publish or play, got "nothing"$/],
    ['live/cam', { for: '1y' }, /^--for: must be a duration /],
    ['live/cam', { address: 'home' }, /^--address: must be an IP address, got "home"$/],
    ['live/cam', { key: 'k9' }, /^--key: must be one of k2, k1, got "k9"$/],
  ];
  for (const [stream, options, message] of table) {
    const wrong = { ...PUBLISH, ...options };
    assert.throws(() => sign(stream, wrong, ready, NOW), { code: 'ERR_USAGE', message });
  }
  const none = await config({ SRS_SUPERVISOR_ACCESS_KEYS: '' });
  assert.throws(() => sign('live/cam', PUBLISH, none, NOW), { message: /^access\.keys: / });
});

import { offerText } from '../../helpers/sdp.js';
import { ask, close, feed, type Script, type Step } from '../script.js';
import { publishes } from './publishers.js';

const ORIGIN = { origin: 'http://page.example' };
const SDP = { 'content-type': 'application/sdp' };

function offer(direction: 'sendonly' | 'recvonly') {
  return { headers: SDP, body: offerText(direction) };
}

const whip: Script = {
  name: 'whip',
  steps: [
    ask('api', 'POST /rtc/v1/whip/?app=live&stream={name}', {
      ...offer('sendonly'),
      keep: { session: 'location' },
    }),
    ask('api', 'POST /rtc/v1/whip/?app=live&stream={name}', {
      ...offer('sendonly'),
      title: 'a second publisher',
    }),
    ask('api', 'DELETE {session}', { title: 'DELETE the session' }),
    ask('api', 'DELETE {session}', { title: 'DELETE it again' }),
    ask('api', 'POST /rtc/v1/whip/?app=live&stream={other}', {
      headers: { ...SDP, ...ORIGIN },
      body: offerText('sendonly'),
      title: 'for a page',
      keep: { other_session: 'location' },
    }),
    ask('api', 'DELETE {other_session}', { title: 'DELETE the other' }),
    ask('api', 'POST /rtc/v1/whip/?app=live&stream={name}', { title: 'no offer', headers: SDP }),
    ask('api', 'POST /rtc/v1/whip/?app=live&stream={name}', {
      title: 'a bad offer',
      headers: SDP,
      body: 'v=0\r\n',
    }),
    ask('api', 'GET /rtc/v1/whip/?app=live&stream={name}'),
    ask('api', 'PATCH /rtc/v1/whip/?app=live&stream={name}', { headers: SDP, body: 'a=x' }),
    ask('api', 'OPTIONS /rtc/v1/whip/?app=live&stream={name}', { headers: ORIGIN }),
    ask('api', 'POST /rtc/v1/whip?app=live&stream={name}', offer('sendonly')),
  ],
};

const whep: Script = {
  name: 'whep',
  steps: [
    ...publishes('p'),
    feed('p'),
    ask('api', 'POST /rtc/v1/whep/?app=live&stream={name}', {
      ...offer('recvonly'),
      keep: { session: 'location' },
    }),
    ask('api', 'DELETE {session}', { title: 'DELETE the session' }),
    ask('api', 'POST /rtc/v1/whip-play/?app=live&stream={name}', offer('recvonly')),
    ask('api', 'POST /rtc/v1/play/', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        sdp: offerText('recvonly'),
        streamurl: 'webrtc://127.0.0.1/live/{name}',
        tid: 'abc',
      }),
    }),
    ask('api', 'POST /rtc/v1/play/', { title: 'no JSON', body: 'x' }),
    close('p'),
  ],
};

function srt(streamId: string): Step {
  return { title: `calls ${streamId}`, act: { srt: streamId } };
}

const IDS = {
  publish: '#!::r=live/{name},m=publish',
  request: '#!::r=live/{name},m=request',
  'no-mode': '#!::r=live/{name}',
  'host-and-resource': '#!::h=my.host,r=live/{name},m=publish',
  'old-form': '#!::h=live/{name},m=publish',
  token: '#!::r=live/{name}?secret=x,m=publish',
  plain: '{name}',
  path: 'live/{name}',
  'unknown-mode': '#!::r=live/{name},m=dance',
  'no-resource': '#!::m=publish',
};

const calls: Script[] = Object.entries(IDS).map(([name, id]) => ({
  name: `srt-${name}`,
  needs: 'srt',
  steps: [srt(id)],
}));

export const MEDIA = [whip, whep, ...calls];

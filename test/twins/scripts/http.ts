import { answer, ask, close, feed, hears, hook, rest, type Script } from '../script.js';
import { publishes } from './publishers.js';

const PUBLISHED = [...publishes('p'), feed('p')];
const ORIGIN = { origin: 'http://page.example' };

const flv: Script = {
  name: 'http-flv',
  steps: [
    ...PUBLISHED,
    hears('p', 'goes on', {}),
    ask('http', 'GET /live/{name}.flv', { live: true }),
    ask('http', 'GET /live/{name}.flv?token=x', { live: true, headers: ORIGIN }),
    ask('http', 'POST /live/{name}.flv', { live: true }),
    ask('http', 'OPTIONS /live/{name}.flv', { headers: ORIGIN }),
    ask('http', 'OPTIONS /live/{name}.flv', { title: 'OPTIONS without Origin' }),
    ask('http', 'GET /live/{name}.ts'),
    ask('http', 'GET /live/{name}.mp3'),
    close('p'),
  ],
};

const hls: Script = {
  name: 'http-hls',
  steps: [
    ask('http', 'GET /live/{name}.m3u8', { title: 'playlist of nobody' }),
    ...PUBLISHED,
    ask('http', 'GET /live/{name}.m3u8', {
      status: 200,
      keep: { master: '/^(?:\\/live\\/)?(\\S+\\.m3u8\\?hls_ctx=.*)$/' },
    }),
    ask('http', 'GET /live/{master}', { has: '.ts', keep: { segment: '/^([\\w-]+\\.ts.*)$/' } }),
    ask('http', 'GET /live/{segment}', { title: 'segment' }),
    ask('http', 'GET /live/{name}.m3u8?token=x&y=1', { title: 'playlist with a query' }),
    ask('http', 'GET /live/{name}.m3u8', { title: 'playlist for a page', headers: ORIGIN }),
    ask('http', 'HEAD /live/{name}.m3u8'),
    ask('http', 'OPTIONS /live/{name}.m3u8', { headers: ORIGIN }),
    ask('http', 'GET /live/{name}-99999.ts'),
    rest('p'),
    close('p'),
  ],
};

const others: Script = {
  name: 'http-others',
  steps: [
    ask('http', 'GET /nothing.html'),
    ask('http', 'GET /'),
    ask('http', 'GET /api/v1/versions'),
    ask('http', 'POST /rtc/v1/whip/?app=live&stream=x', { body: 'v=0' }),
    ask('http', 'GET /live/'),
    ask('http', 'PUT /live/x.html', { body: 'x' }),
  ],
};

/** Players that come before their publisher: it begins when `on_play` is called. */
const WAITING: Readonly<Record<string, string>> = {
  flv: '/live/{name}.flv',
  'flv-token': '/live/{name}.flv?token=x',
  ts: '/live/{name}.ts?vhost=ts.example',
};

const waiting = Object.entries(WAITING).map(
  ([kind, path]): Script => ({
    name: `http-waits-${kind}`,
    steps: [
      ask('http', `GET ${path}`, { live: true, later: 'viewer' }),
      hook('on_play'),
      ...publishes('p', kind === 'ts' ? '{name}?vhost=ts.example' : '{name}'),
      feed('p'),
      answer('viewer'),
      hook('on_stop'),
      close('p'),
      hook('on_close'),
    ],
  }),
);

const leaving: Script = {
  name: 'http-waits-and-leaves',
  steps: [
    ask('http', 'GET /live/{name}.flv', { live: true, later: 'viewer' }),
    hook('on_play'),
    answer('viewer', { leaves: true }),
    hook('on_stop'),
  ],
};

const early: Script = {
  name: 'http-waits-hls',
  steps: [
    ask('http', 'GET /live/{name}.m3u8', { later: 'viewer' }),
    ...PUBLISHED,
    hears('p', 'goes on', {}),
    answer('viewer'),
    hook('on_publish'),
    close('p'),
  ],
};

export const HTTP = [flv, hls, others, ...waiting, leaving, early];

import { ask, call, close, feed, hears, on, open, type Script, type Step, say } from '../script.js';
import { connect, publishes } from './publishers.js';

const ORIGIN = { origin: 'http://page.example' };
const LIST = '?count=1000';

/** A publisher and a player that the API knows. */
const PLAYED: Step[] = [
  ...publishes('p'),
  feed('p'),
  open('v'),
  say('v', [connect({ pageUrl: 'http://page/', swfUrl: 'http://page/a.swf' })]),
  say('v', [call('createStream', 2, null)]),
  say('v', [on(8, 1, call('play', 3, null, '{name}?token=x'))], { media: 'flows' }),
];

/** Answers are true at once: nothing here is asked twice. */
const atOnce: Script = {
  name: 'api-at-once',
  steps: [
    ask('api', `GET /api/v1/streams/${LIST}`, { title: 'streams before' }),
    ...publishes('p'),
    ask('api', `GET /api/v1/streams/${LIST}`, { title: 'streams with a publisher' }),
    ask('api', `GET /api/v1/clients/${LIST}`, { title: 'clients with a publisher' }),
    feed('p'),
    open('v'),
    say('v', [connect()]),
    say('v', [call('createStream', 2, null)]),
    say('v', [on(8, 1, call('play', 3, null, '{name}'))], { media: 'flows' }),
    ask('api', `GET /api/v1/clients/${LIST}`, { title: 'clients with a player' }),
    close('p'),
    close('v'),
  ],
};

const lists: Script = {
  name: 'api-lists',
  steps: [
    ...PLAYED,
    ask('api', `GET /api/v1/streams/${LIST}`, {
      title: 'streams',
      has: '"H264"',
      keep: { sid: 'streams.id', vid: 'streams.vhost', cid: 'streams.publish.cid' },
    }),
    ask('api', 'GET /api/v1/streams/{sid}', { title: 'the stream' }),
    ask('api', 'GET /api/v1/clients/{cid}', { title: 'the publisher' }),
    ask('api', `GET /api/v1/clients/${LIST}`, { title: 'clients', has: 'rtmp-play' }),
    ask('api', 'GET /api/v1/vhosts/', { title: 'vhosts' }),
    ask('api', 'GET /api/v1/vhosts/{vid}', { title: 'the vhost' }),
    ask('api', 'GET /api/v1/streams/nobody'),
    ask('api', 'GET /api/v1/clients/nobody'),
    ask('api', 'GET /api/v1/vhosts/nobody'),
    ask('api', 'DELETE /api/v1/clients/nobody'),
    ask('api', 'DELETE /api/v1/clients/{cid}', { title: 'kick' }),
    hears('p', 'is kicked', { until: 'never' }),
    close('v'),
  ],
};

const PATHS = [
  '/',
  '/api',
  '/api/',
  '/api/v1',
  '/api/v1/',
  '/api/v1/versions',
  '/api/v1/summaries',
  '/api/v1/rusages',
  '/api/v1/self_proc_stats',
  '/api/v1/system_proc_stats',
  '/api/v1/meminfos',
  '/api/v1/authors',
  '/api/v1/features',
  '/api/v1/vhosts',
  '/api/v1/streams',
  '/api/v1/clients',
  '/api/v1/clusters',
  '/api/v1/clusters?vhost=x&app=live&stream=nope',
  '/api/v1/raw',
  '/api/v1/raw?rpc=raw',
  '/api/v1/raw?rpc=query&scope=global',
  '/api/v1/raw?rpc=update',
  '/api/v1/raw?rpc=nope',
  '/api/v1/raw?rpc=reload-fetch',
  '/api/v1/tests/requests?a=b',
  '/api/v1/tests/errors',
  '/api/v1/tests/redirects',
  '/api/v1/perf',
  '/api/v2/',
  '/console',
  '/console/',
  '/console/no.html',
  '/nothing',
  '/favicon.ico',
  '/rtc/v1/',
  '/api/v1/versions?callback=f',
  '/api/v1/clients/nobody?callback=f&method=DELETE',
];

const paths: Script = {
  name: 'api-paths',
  steps: PATHS.map((path) => ask('api', `GET ${path}`)),
};

const methods: Script = {
  name: 'api-methods',
  steps: [
    ...['POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH'].flatMap((method) =>
      ['versions', 'streams/', 'clients/', 'vhosts/', 'summaries'].map((path) =>
        ask('api', `${method} /api/v1/${path}`, /^P/.test(method) ? { body: '{}' } : {}),
      ),
    ),
    ask('api', 'OPTIONS /api/v1/streams/', {
      title: 'preflight',
      headers: {
        ...ORIGIN,
        'access-control-request-method': 'DELETE',
        'access-control-request-headers': 'authorization',
      },
    }),
    ask('api', 'GET /api/v1/versions', { title: 'GET for a page', headers: ORIGIN }),
  ],
};

export const API = [atOnce, lists, paths, methods];

import {
  ask,
  call,
  close,
  feed,
  hears,
  hook,
  on,
  open,
  rest,
  type Script,
  say,
} from '../script.js';
import { connect, publishes } from './publishers.js';

/** A publisher and a player, each step with the hooks that it makes. */
const rtmp: Script = {
  name: 'hooks-rtmp',
  steps: [
    ...publishes('p', '{name}?token=abc&x=1'),
    hook('on_publish'),
    feed('p'),
    open('v'),
    say('v', [connect({ pageUrl: 'http://page/' })]),
    say('v', [call('createStream', 2, null)]),
    say('v', [on(8, 1, call('play', 3, null, '{name}?token=x'))], { media: 'flows' }),
    hook('on_play'),
    say('v', [on(8, 1, call('closeStream', 0, null))], { media: 'stops' }),
    hook('on_stop'),
    say('v', [on(8, 1, call('play', 4, null, '{name}'))], { title: 'play again', media: 'flows' }),
    hook('on_play', 2),
    close('v'),
    hook('on_close'),
    close('p'),
    hook('on_close', 2),
  ],
};

/** A publisher that plays another name on its connection: one client, whatever child has that. */
const both: Script = {
  name: 'hooks-publish-then-play',
  steps: [
    ...publishes('o', '{other}'),
    feed('o'),
    hook('on_publish'),
    ...publishes('p'),
    feed('p'),
    hook('on_publish', 2),
    rest('p'),
    say('p', [call('FCUnpublish', 6, null, '{name}')]),
    hook('on_unpublish'),
    say('p', [call('createStream', 7, null)], { title: 'createStream again' }),
    say('p', [on(8, 1, call('play', 8, null, '{other}'))], { media: 'flows' }),
    hook('on_play'),
    close('p'),
    hook('on_close'),
  ],
};

const waiting: Script = {
  name: 'hooks-waiting-player',
  steps: [
    open('v'),
    say('v', [connect()]),
    say('v', [call('createStream', 2, null)]),
    say('v', [on(8, 1, call('play', 3, null, '{name}'))]),
    hook('on_play'),
    close('v'),
    hook('on_close'),
  ],
};

const flv: Script = {
  name: 'hooks-flv',
  steps: [
    ...publishes('p'),
    feed('p'),
    hook('on_publish'),
    ask('http', 'GET /live/{name}.flv?token=x', {
      live: true,
      headers: { referer: 'http://page/', 'x-forwarded-for': '9.8.7.6' },
    }),
    hook('on_stop'),
    close('p'),
    hook('on_close'),
  ],
};

/** Ids that hooks have told work in the API at once. */
const ids: Script = {
  name: 'hooks-ids',
  steps: [
    ...publishes('p'),
    {
      title: 'hook on_publish',
      act: { hooks: 'on_publish', keep: { sid: 'stream_id', cid: 'client_id' } },
    },
    ask('api', 'GET /api/v1/streams/{sid}', { title: 'the stream by its hook' }),
    ask('api', 'GET /api/v1/clients/{cid}', { title: 'the client by its hook' }),
    open('v'),
    say('v', [connect()]),
    say('v', [call('createStream', 2, null)]),
    say('v', [on(8, 1, call('play', 3, null, '{name}'))]),
    { title: 'hook on_play', act: { hooks: 'on_play', keep: { vid: 'client_id' } } },
    ask('api', 'GET /api/v1/clients/{vid}', { title: 'the player by its hook' }),
    ask('api', 'DELETE /api/v1/clients/{vid}', { title: 'kick by its hook' }),
    ask('api', 'DELETE /api/v1/clients/{cid}', { title: 'kick the publisher by its hook' }),
  ],
};

const LIST = '?count=1000';

/** A player of a stream that nobody publishes, in the API. */
const shown: Script = {
  name: 'hooks-waiting-shown',
  steps: [
    open('v'),
    say('v', [connect({ pageUrl: 'http://page/' })]),
    say('v', [call('createStream', 2, null)]),
    say('v', [on(8, 1, call('play', 3, null, '{name}?token=x'))]),
    {
      title: 'hook on_play',
      act: { hooks: 'on_play', keep: { sid: 'stream_id', cid: 'client_id' } },
    },
    ask('api', `GET /api/v1/clients/${LIST}`, { title: 'clients' }),
    ask('api', 'GET /api/v1/clients/{cid}', { title: 'the player' }),
    ask('api', `GET /api/v1/streams/${LIST}`, { title: 'streams' }),
    ask('api', 'GET /api/v1/streams/{sid}', { title: 'the stream' }),
    ask('api', 'DELETE /api/v1/clients/{cid}', { title: 'kick' }),
    hears('v', 'is kicked', { until: 'never' }),
  ],
};

export const HOOKS = [rtmp, both, waiting, flv, ids, shown];

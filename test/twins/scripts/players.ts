import {
  type Amf,
  amf3,
  call,
  close,
  control,
  feed,
  hears,
  on,
  open,
  rest,
  type Script,
  say,
  silent,
  windowAckSize,
} from '../script.js';
import { connect, publishes } from './publishers.js';

const PUBLISHED = [...publishes('p'), feed('p')];

const ffmpeg: Script = {
  name: 'play-ffmpeg',
  steps: [
    ...PUBLISHED,
    open('v'),
    say('v', [connect({ fpad: false, capabilities: 15, audioCodecs: 4071, videoCodecs: 252 })]),
    say('v', [windowAckSize(2_500_000), call('createStream', 2, null)]),
    say('v', [silent(call('_checkbw', 3, null))]),
    say('v', [silent(on(8, 0, call('getStreamLength', 4, null, '{name}')))]),
    say('v', [on(8, 1, call('play', 5, null, '{name}', -2000)), control(3, 1, 3000)], {
      media: 'flows',
    }),
    say('v', [on(8, 1, call('pause', 6, null, true, 500))], { media: 'stops' }),
    say('v', [on(8, 1, call('pause', 7, null, false, 500))], { title: 'unpause', media: 'flows' }),
    say('v', [on(8, 1, call('seek', 8, null, 1000))], { media: 'flows' }),
    say('v', [control(6, 12_345)], { title: 'PingRequest' }),
    say('v', [call('deleteStream', 9, null, 1)], { media: 'flows' }),
    close('v'),
  ],
};

const flash: Script = {
  name: 'play-flash',
  steps: [
    ...PUBLISHED,
    ...publishes('q', '{other}').map((step) => ({ ...step, title: `${step.title} (other)` })),
    { ...feed('q'), title: 'q feeds' },
    open('v'),
    say('v', [connect({ objectEncoding: 3, pageUrl: 'http://page/' })]),
    say('v', [windowAckSize(2_500_000)]),
    say('v', [amf3(call('createStream', 3, null))]),
    say('v', [control(3, 0, 1000)], { title: 'SetBufferLength' }),
    say('v', [on(8, 1, call('play', 0, null, '{name}', -2, -1, true))], { media: 'flows' }),
    say('v', [on(8, 1, call('closeStream', 0, null))], { media: 'stops' }),
    say('v', [on(8, 1, call('play', 0, null, '{name}'))], { title: 'play again', media: 'flows' }),
    say('v', [on(8, 1, call('closeStream', 0, null))], {
      title: 'closeStream again',
      media: 'stops',
    }),
    say('v', [call('createStream', 4, null)], { title: 'createStream again' }),
    say('v', [on(8, 1, call('play', 0, null, '{other}'))], { title: 'play other', media: 'flows' }),
    close('v'),
  ],
};

/** Everything without waiting, and calls that no server knows. */
const flight: Script = {
  name: 'play-one-flight',
  steps: [
    ...PUBLISHED,
    open('v'),
    say(
      'v',
      [connect(), call('createStream', 2, null), on(8, 1, call('play', 3, null, '{name}'))],
      { media: 'flows' },
    ),
    say('v', [call('foo', 4, null, 'bar')]),
    say('v', [call('foo', 0, null, 'bar')], { title: 'foo without a transaction' }),
    close('v'),
  ],
};

const calls: Script = {
  name: 'play-calls-before',
  steps: [
    open('v'),
    say('v', [connect()]),
    say('v', [call('createStream', 2, null)]),
    say('v', [call('createStream', 3, null)], { title: 'createStream again' }),
    say('v', [silent(call('FCSubscribe', 4, null, '{name}'))]),
    say('v', [silent(call('getStreamLength', 5, null, '{name}'))]),
    say('v', [silent(call('foo', 6, null, '{name}'))]),
    say('v', [on(8, 1, call('play', 7, null, '{name}'))]),
    close('v'),
  ],
};

/** A player that comes first, loses its publisher and gets it back. */
const waiting: Script = {
  name: 'play-waiting',
  steps: [
    open('v'),
    say('v', [connect()]),
    say('v', [call('createStream', 2, null)]),
    say('v', [on(8, 1, call('play', 3, null, '{name}'))]),
    say('v', [call('getStreamLength', 4, null, '{name}')]),
    ...publishes('p'),
    feed('p'),
    hears('v', 'gets media', { media: 'flows' }),
    rest('p'),
    say('p', [call('FCUnpublish', 6, null, '{name}')]),
    close('p'),
    hears('v', 'waits again', {}),
    ...publishes('q').map((step) => ({ ...step, title: `${step.title} then` })),
    { ...feed('q'), title: 'q feeds' },
    hears('v', 'gets media again', { media: 'flows' }),
    close('v'),
  ],
};

/** A player of one name that becomes the publisher of another. */
const turns: Script = {
  name: 'play-then-publish',
  steps: [
    ...PUBLISHED,
    open('v'),
    say('v', [connect()]),
    say('v', [call('createStream', 2, null)]),
    say('v', [on(8, 1, call('play', 3, null, '{name}'))], { media: 'flows' }),
    say('v', [on(8, 1, call('closeStream', 0, null))], { media: 'stops' }),
    say('v', [call('createStream', 4, null)], { title: 'createStream again' }),
    say('v', [on(8, 1, call('publish', 5, null, '{other}', 'live'))], { until: 'onStatus' }),
    close('v'),
  ],
};

/** A publisher of Flash's kind: it makes no call that only publishers make. */
const FLASH = [
  open('p'),
  say('p', [connect()]),
  say('p', [call('createStream', 2, null)]),
  say('p', [on(8, 1, call('publish', 3, null, '{name}', 'live'))], { until: 'onStatus' }),
];

/** A publisher of one name that plays another one, as FMLE does and as Flash. */
const back = [true, false].map(
  (fmle): Script => ({
    name: `publish-then-play-${fmle ? 'fmle' : 'flash'}`,
    steps: [
      ...publishes('o', '{other}'),
      feed('o'),
      ...(fmle ? publishes('p') : FLASH),
      feed('p', 'media of its own'),
      rest('p'),
      say('p', [
        fmle
          ? call('FCUnpublish', 5, null, '{name}')
          : silent(on(8, 1, call('closeStream', 0, null))),
      ]),
      say('p', [call('createStream', 7, null)], { title: 'createStream again' }),
      say('p', [on(8, 1, call('play', 8, null, '{other}'))], { media: 'flows' }),
      close('p'),
    ],
  }),
);

const secondStream: Script = {
  name: 'play-second-stream',
  steps: [
    ...PUBLISHED,
    open('v'),
    say('v', [connect()]),
    say('v', [call('createStream', 2, null), call('createStream', 3, null)]),
    say('v', [on(8, 2, call('play', 4, null, '{name}'))], { media: 'flows' }),
    close('v'),
  ],
};

const FORMS: Readonly<Record<string, readonly [string, ...Amf[]]>> = {
  'start -1': ['{name}', -1],
  'start 0': ['{name}', 0],
  'start 5000 and duration -1': ['{name}', 5000, -1],
  'reset false': ['{name}', -2, -1, false],
  'reset as a number': ['{name}', -2, -1, 1],
  nulls: ['{name}', null, null, null],
  undefined: ['{name}', undefined],
  'a token': ['{name}?token=x&y=1', -2],
  'a vhost': ['{name}?vhost=nobody.has.it'],
  spaces: [' {name} '],
};

/** One `play` each, and everything as it comes. */
const forms: Script[] = Object.entries(FORMS).map(([title, args]) => ({
  name: `play-${title.replaceAll(' ', '-')}`,
  steps: [
    ...PUBLISHED,
    open('v'),
    say('v', [connect()]),
    say('v', [call('createStream', 2, null)]),
    say('v', [on(8, 1, call('play', 3, null, ...args))], { media: 'flows' }),
    close('v'),
  ],
}));

/** Arguments that end it: a name that is none, a duration that is over. */
const ends: Script = {
  name: 'play-ends',
  steps: [
    ...PUBLISHED,
    open('a'),
    say('a', [connect(), call('createStream', 2, null)], { title: 'a begins' }),
    say('a', [on(8, 1, call('play', 3, null, ''))], { title: 'play of no name' }),
    open('b'),
    say('b', [connect(), call('createStream', 2, null)], { title: 'b begins' }),
    say('b', [on(8, 1, call('play', 3, null))], { title: 'play without arguments' }),
    open('c'),
    say('c', [connect(), call('createStream', 2, null)], { title: 'c begins' }),
    say('c', [on(8, 1, call('play', 3, null, '{name}', -2, 1))], {
      title: 'play for 1 ms',
      until: 'never',
    }),
  ],
};

export const PLAYERS = [
  ffmpeg,
  flash,
  flight,
  calls,
  waiting,
  turns,
  ...back,
  secondStream,
  ends,
  ...forms,
];

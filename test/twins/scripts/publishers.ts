import {
  type Amf,
  amf3,
  call,
  close,
  control,
  feed,
  on,
  open,
  rest,
  type Script,
  type Step,
  say,
  setChunkSize,
  silent,
  windowAckSize,
} from '../script.js';

const TC_URL = 'rtmp://127.0.0.1:{rtmp}/live';

/** `connect` of a client of this kind. */
export function connect(more: { [key: string]: Amf } = {}, tcUrl = TC_URL) {
  return call('connect', 1, { app: 'live', flashVer: 'FMLE/3.0', tcUrl, ...more });
}

const ffmpeg: Script = {
  name: 'publish-ffmpeg',
  steps: [
    open('p'),
    say('p', [connect({ type: 'nonprivate' })]),
    say('p', [setChunkSize(60_000), call('releaseStream', 2, null, '{name}')]),
    say('p', [call('FCPublish', 3, null, '{name}')]),
    say('p', [call('createStream', 4, null)]),
    say('p', [silent(call('_checkbw', 5, null))]),
    say('p', [on(8, 1, call('publish', 6, null, '{name}', 'live'))], { until: 'onStatus' }),
    feed('p'),
    rest('p'),
    say('p', [call('FCUnpublish', 7, null, '{name}')]),
    say('p', [call('deleteStream', 8, null, 1)]),
    close('p'),
  ],
};

const obs: Script = {
  name: 'publish-obs',
  steps: [
    open('p'),
    say('p', [
      setChunkSize(4096),
      connect({
        type: 'nonprivate',
        swfUrl: TC_URL,
        fpad: false,
        capabilities: 239,
        audioCodecs: 3575,
        videoCodecs: 252,
        videoFunction: 1,
        fourCcList: ['av01', 'hvc1'],
        capsEx: 1,
      }),
    ]),
    say('p', [
      call('releaseStream', 2, null, '{name}'),
      call('FCPublish', 3, null, '{name}'),
      call('createStream', 4, null),
    ]),
    say('p', [on(4, 1, call('publish', 5, null, '{name}', 'live'))], { until: 'onStatus' }),
    feed('p'),
    rest('p'),
    say('p', [call('FCUnpublish', 6, null, '{name}'), call('deleteStream', 7, null, 1)]),
    close('p'),
  ],
};

/** Its second name goes over the same connection. */
const fmle: Script = {
  name: 'publish-fmle-twice',
  steps: [
    open('p'),
    say('p', [connect()]),
    say('p', [call('releaseStream', 3, null, '{name}')]),
    say('p', [call('FCPublish', 4, null, '{name}')]),
    say('p', [call('createStream', 5, null)]),
    say('p', [on(3, 1, call('publish', 0, null, '{name}', 'live'))], { until: 'onStatus' }),
    feed('p'),
    rest('p'),
    say('p', [call('FCUnpublish', 6, null, '{name}')]),
    say('p', [call('releaseStream', 7, null, '{other}')], { title: 'releaseStream again' }),
    say('p', [call('FCPublish', 8, null, '{other}')], { title: 'FCPublish again' }),
    say('p', [call('createStream', 9, null)], { title: 'createStream again' }),
    say('p', [on(3, 1, call('publish', 0, null, '{other}', 'live'))], {
      title: 'publish again',
      until: 'onStatus',
    }),
    feed('p', 'media again'),
    close('p'),
  ],
};

const flash: Script = {
  name: 'publish-flash',
  steps: [
    open('p'),
    say('p', [
      connect({ objectEncoding: 3, pageUrl: 'http://page/', swfUrl: 'http://page/a.swf' }),
    ]),
    say('p', [windowAckSize(2_500_000)]),
    say('p', [amf3(call('createStream', 2, null))]),
    say('p', [amf3(on(8, 1, call('publish', 3, null, '{name}', 'live')))], {
      until: 'onStatus',
    }),
    feed('p'),
    rest('p'),
    say('p', [on(8, 1, call('closeStream', 0, null))]),
    say('p', [call('createStream', 4, null)], { title: 'createStream again' }),
    say('p', [on(8, 1, call('publish', 5, null, '{other}', 'live'))], {
      title: 'publish again',
      until: 'onStatus',
    }),
    close('p'),
  ],
};

const librtmp: Script = {
  name: 'publish-librtmp',
  steps: [
    open('p'),
    say('p', [connect({ type: 'nonprivate' })]),
    say('p', [
      windowAckSize(5_000_000),
      call('releaseStream', 2, null, '{name}?token=a'),
      call('FCPublish', 3, null, '{name}?token=a'),
      call('createStream', 4, null),
    ]),
    say('p', [on(4, 1, call('publish', 5, null, '{name}?token=a', 'live'))], { until: 'onStatus' }),
    feed('p'),
    say('p', [control(3, 1, 3000)], { title: 'SetBufferLength' }),
    close('p'),
  ],
};

/** rtmp2sink: everything up to `publish` without waiting, in small chunks. */
const gstreamer: Script = {
  name: 'publish-gstreamer',
  steps: [
    open('p'),
    say('p', [connect({ type: 'nonprivate', fpad: false, capabilities: 15, audioCodecs: 4071 })]),
    say('p', [
      call('releaseStream', 2, null, '{name}'),
      call('FCPublish', 3, null, '{name}'),
      call('createStream', 4, null),
    ]),
    say('p', [on(4, 1, call('publish', 5, null, '{name}', 'live')), setChunkSize(131_072)], {
      until: 'onStatus',
    }),
    feed('p'),
    rest('p'),
    say('p', [call('FCUnpublish', 6, null, '{name}')]),
    close('p'),
  ],
};

const haivision: Script = {
  name: 'publish-haivision',
  steps: [
    open('p'),
    say('p', [connect()]),
    say('p', [call('createStream', 2, null)]),
    say('p', [call('FCPublish', 3, null, '{name}')]),
    say('p', [on(4, 1, call('publish', 4, null, '{name}', 'live'))], { until: 'onStatus' }),
    feed('p'),
    rest('p'),
    say('p', [call('FCUnpublish', 5, null, '{name}')]),
    close('p'),
  ],
};

const busy: Script = {
  name: 'publish-busy',
  steps: [
    ...publishes('p'),
    feed('p'),
    open('q'),
    say('q', [connect()]),
    say('q', [
      call('releaseStream', 2, null, '{name}'),
      call('FCPublish', 3, null, '{name}'),
      call('createStream', 4, null),
    ]),
    say('q', [on(4, 1, call('publish', 5, null, '{name}', 'live'))], { until: 'closed' }),
    close('p'),
  ],
};

/** Bad beginnings. */
const early: Script = {
  name: 'publish-early',
  steps: [
    open('b'),
    say('b', [call('connect', 1, { app: 'live' })], { title: 'connect without tcUrl' }),
    open('c'),
    say('c', [connect()]),
    say('c', [call('createStream', 2, null), on(4, 1, call('publish', 3, null, '', 'live'))], {
      title: 'publish without a name',
    }),
  ],
};

/** A call before createStream is answered, whatever it is. */
const checkbw: Script = {
  name: 'call-early',
  steps: [
    open('p'),
    say('p', [connect()]),
    say('p', [call('_checkbw', 2, null)]),
    say('p', [call('foo', 3, null, 'bar')]),
    say('p', [call('foo', 0, null)], { title: 'foo without a transaction' }),
    say('p', [call('createStream', 4, null)]),
    close('p'),
  ],
};

/** PingRequest wherever there is no stream yet. */
const pings: Script = {
  name: 'ping-early',
  steps: [
    open('p'),
    say('p', [control(6, 1)], { title: 'before connect', until: 'userControl' }),
    say('p', [connect()]),
    say('p', [control(6, 2)], { title: 'after connect', until: 'userControl' }),
    say('p', [call('createStream', 2, null)]),
    say('p', [control(6, 3)], { title: 'after createStream', until: 'userControl' }),
    close('p'),
  ],
};

/** A stream that is published and shows nothing of it. */
export function publishes(client: string, name = '{name}'): Step[] {
  return [
    open(client),
    say(client, [connect()]),
    say(
      client,
      [
        call('releaseStream', 2, null, name),
        call('FCPublish', 3, null, name),
        call('createStream', 4, null),
        on(4, 1, call('publish', 5, null, name, 'live')),
      ],
      { title: 'all at once', until: 'onStatus' },
    ),
  ];
}

export const PUBLISHERS = [
  ffmpeg,
  obs,
  fmle,
  flash,
  librtmp,
  gstreamer,
  haivision,
  busy,
  early,
  pings,
  checkbw,
];

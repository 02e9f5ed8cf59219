import type { Difference } from '../compare.js';

const MINI = ['mini-srs', 'box of mini-srs'] as const;
const BOX = ['box of srs', 'box of mini-srs'] as const;
const PLAIN = [
  'connection: close',
  'content-length: {…}',
  'content-type: text/plain; charset=utf-8',
  'server: SRS/7.0.18({name})',
];

/** Where SRS hangs up, a box answers as the WHIP standard (RFC 9725) has it. */
const REFUSALS: Readonly<Record<string, readonly string[]>> = {
  'api a second publisher': [
    '409 Conflict',
    ...PLAIN,
    '__defaultVhost__/live/{name} is being published already',
  ],
  'api no offer': ['400 Bad Request', ...PLAIN, 'the body is no SDP offer'],
  'api a bad offer': ['400 Bad Request', ...PLAIN, 'the SDP offer has no m-line'],
  ...Object.fromEntries(
    ['GET', 'PATCH'].map((method) => [
      `api ${method} /rtc/v1/whip/?app=live&stream={name}`,
      [
        '405 Method Not Allowed',
        'allow: POST, DELETE, OPTIONS',
        ...PLAIN,
        `${method} is not for this URL: POST an SDP offer`,
      ],
    ]),
  ),
};

const OF_BOX: readonly Difference[] = [
  ...Object.entries(REFUSALS).map(
    ([step, instead]): Difference => ({
      of: BOX,
      scripts: ['whip'],
      steps: [step],
      srs: ['no answer'],
      instead,
      reason: 'SRS hangs up where the WHIP standard has a status',
    }),
  ),
  {
    of: BOX,
    scripts: ['whep'],
    steps: ['api no JSON'],
    srs: [],
    instead: ['data.reason: "the body is no JSON with sdp and streamurl"'],
    reason: 'an error says why',
  },
  {
    of: ['box of srs'],
    scripts: ['srt-unknown-mode', 'srt-no-resource'],
    srs: ['conclusion type=-1 version=5 ext=1 enc=0', 'shut'],
    instead: ['conclusion type=2400 version=5 ext=5 enc=0', 'refused'],
    reason: 'a caller is refused by the handshake, with a code, and not accepted and then cut off',
  },
];

/** Lines of an answer that SRS makes itself, and the library of mini-srs. */
const SESSION = ['a=ice-lite', 'a=setup:passive', 'a=rtcp-rsize'];
const TCP = 'a=candidate:1 1 tcp 2130706431 {address} typ host tcptype passive';
const LIBRARY = [
  's=-',
  'a=extmap-allow-mixed',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=setup:active',
  'a=msid:{own}',
  'a=end-of-candidates',
  'a=ice-options:trickle',
];

const OF_MINI: readonly Difference[] = [
  {
    of: MINI,
    scripts: ['whip'],
    steps: ['api POST /rtc/v1/whip/?app=live&stream={name}', 'api for a page'],
    srs: ['s=SRSPublishSession', ...SESSION, TCP],
    instead: [...LIBRARY, 'a=ssrc:{ssrc} cname:{own}'],
    reason: 'mini-srs has a full ICE agent of a library, without TCP',
  },
  {
    of: MINI,
    scripts: ['whep'],
    steps: [
      'api POST /rtc/v1/whep/?app=live&stream={name}',
      'api POST /rtc/v1/whip-play/?app=live&stream={name}',
    ],
    srs: ['s=SRSPlaySession', ...SESSION, 'a=ssrc:{ssrc} label:{own}', TCP],
    instead: LIBRARY,
    reason: 'mini-srs has a full ICE agent of a library, without TCP',
  },
  {
    of: MINI,
    scripts: ['whep'],
    steps: ['api POST /rtc/v1/play/'],
    srs: ['/^sdp: v=0 \\| o=.* \\| s=SRSPlaySession /'],
    instead: ['/^sdp: v=0 \\| o=.* \\| s=- /'],
    reason: 'mini-srs has a full ICE agent of a library, without TCP',
  },
];

export const MEDIA: readonly Difference[] = [...OF_BOX, ...OF_MINI];

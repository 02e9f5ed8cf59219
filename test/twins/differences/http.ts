import type { Difference } from '../compare.js';

const MINI = ['mini-srs', 'box of mini-srs'] as const;
const BOX = ['box of srs', 'box of mini-srs'] as const;
const ACTIONS = ['connect', 'close', 'publish', 'unpublish', 'play', 'stop'];

/** Lines of a lone SRS, of which mini-srs has the same without a release's own facts. */
const FEATURES = ['ssl', 'dvr', 'transcode', 'ingest', 'caster', 'mr'];
const BUILD = ['options', 'options2', 'build', 'build2'];

const METADATA = (signature: string) =>
  `/^script "onMetaData", .*server: "SRS/7.0.18\\(${signature}\\)"/`;

/** CORS headers, which SRS has with a wrong name and without what `*` does not cover. */
const CORS: readonly Difference[] = [
  {
    of: [...MINI, 'box of srs'],
    srs: ['access-control-request-private-network: true'],
    instead: ['access-control-allow-private-network: true'],
    reason: 'the header of an answer has its right name; SRS repeats that of a request',
  },
  {
    of: BOX,
    scripts: ['whip'],
    srs: ['access-control-allow-headers: *', 'access-control-expose-headers: *'],
    instead: [
      '/^access-control-allow-headers: \\*, Authorization, /',
      '/^access-control-expose-headers: \\*, Location, Link, ETag/',
    ],
    reason: '`*` does not cover Authorization, and some clients read what is named alone',
  },
];

const EARLY_HLS = [
  'server_id: {server_id}',
  'service_id: {service_id}',
  'action: "on_play"',
  'client_id: {client_id}',
  'ip: "127.0.0.1"',
  'vhost: "__defaultVhost__"',
  'app: "live"',
  'stream: "{name}.m3u8"',
  'tcUrl: "http://127.0.0.1/live"',
  'param: ""',
  'pageUrl: ""',
  'stream_url: "/live/{name}"',
  'stream_id: {stream_id}',
].map((field) => `on_play.${field}`);

const OF_BOX: readonly Difference[] = [
  {
    of: BOX,
    srs: [],
    instead: ['date: {…}'],
    reason: 'an answer says when it was made, as RFC 9110 §6.6.1 has it',
  },
  {
    of: BOX,
    srs: [],
    instead: ['x-request-id: {…}'],
    reason: 'an answer has the id by which the log names its request',
  },
  {
    of: BOX,
    scripts: ['http-hls'],
    srs: [],
    instead: ['cache-control: no-cache'],
    reason: 'a playlist says that it changes, so that no cache keeps it',
  },
  {
    of: BOX,
    scripts: ['http-hls'],
    steps: ['http segment'],
    srs: [],
    instead: [
      'accept-ranges: bytes',
      'cache-control: public, max-age=60, immutable',
      'etag: {…}',
      'last-modified: {…}',
    ],
    reason: 'segments have ranges and validators, which SRS lacks',
  },
  {
    of: BOX,
    scripts: ['http-hls'],
    steps: ['http GET /live/{master}'],
    srs: ['{name}-{n}.ts?hls_ctx={ctx}'],
    instead: ['/^\\{name\\}-c00\\d-\\d-\\d-\\{n\\}\\.ts\\?hls_ctx=\\{ctx\\}$/'],
    reason: 'a segment names the life of the child that wrote it',
  },
  ...[
    ['http GET /live/{name}.m3u8', '{master}'],
    ['http playlist with a query', '{name}.m3u8?hls_ctx={ctx}&token=x&y=1'],
    ['http playlist for a page', '{name}.m3u8?hls_ctx={ctx}'],
  ].map(
    ([step = '', line = '']): Difference => ({
      of: BOX,
      scripts: ['http-hls'],
      steps: [step],
      srs: [`/live/${line}`],
      instead: [line],
      reason: 'a master playlist is relative, so that it holds behind a proxy that adds a prefix',
    }),
  ),
  {
    of: BOX,
    scripts: ['http-waits-hls'],
    steps: ['viewer is answered'],
    srs: ['404 Not Found', 'content-type: text/plain; charset=utf-8', 'Not Found'],
    instead: [
      '200 OK',
      'cache-control: no-cache',
      'content-type: application/vnd.apple.mpegurl',
      '#EXTM3U',
      '#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1',
      '{name}.m3u8?hls_ctx={ctx}',
    ],
    reason: 'an HLS player that comes early waits, as one by RTMP and FLV does with SRS',
  },
  {
    of: BOX,
    scripts: ['http-waits-hls'],
    steps: ['hook on_publish 1'],
    srs: [],
    instead: EARLY_HLS,
    reason: 'on_play is asked at once of an HLS player that waits, so that its publisher may begin',
  },
  {
    of: BOX,
    scripts: ['http-others'],
    steps: ['http GET /'],
    srs: ['404 Not Found', 'content-type: text/plain; charset=utf-8', 'Not Found'],
    instead: ['302 Found', 'location: players/', '(empty)'],
    reason: 'the player pages are at /',
  },
  ...['clients[]', 'streams[]', 'client', 'stream', ...ACTIONS.map((name) => `on_${name}`)].map(
    (row): Difference => ({
      of: BOX,
      srs: [],
      instead: [`/^${row.replace('[]', '\\[\\]')}\\.child: /`],
      reason: `${row} says which child it is in`,
    }),
  ),
  ...['clients[]', 'client'].map(
    (row): Difference => ({
      of: BOX,
      srs: [],
      instead: [`/^${row.replace('[]', '\\[\\]')}\\.connection: /`],
      reason: `${row} says which connection of the log it is`,
    }),
  ),
  {
    of: BOX,
    scripts: ['api-paths'],
    steps: ['api GET /api/v1/', 'api GET /api/v1/perf'],
    srs: [],
    instead: ['urls.origins: "children, and which stream is on which"'],
    reason: 'the catalogue names what only a box has',
  },
  {
    of: BOX,
    scripts: ['api-methods'],
    steps: ['api preflight'],
    srs: [
      '200 OK',
      'access-control-allow-credentials: false',
      'access-control-allow-headers: *',
      'access-control-allow-methods: *',
      'access-control-allow-origin: *',
      'access-control-expose-headers: *',
      'access-control-request-private-network: true',
    ],
    instead: ['403 Forbidden'],
    reason: 'a page of another site may kick nobody (api.changes)',
  },
  {
    of: BOX,
    scripts: ['hooks-flv'],
    steps: ['hook on_stop 1'],
    srs: ['on_play.ip: "9.8.7.6"', 'on_stop.ip: "9.8.7.6"'],
    instead: ['on_play.ip: "127.0.0.1"', 'on_stop.ip: "127.0.0.1"'],
    reason: 'X-Forwarded-For counts where proxies.trusted says so, and from nobody else',
  },
];

const OF_MINI: readonly Difference[] = [
  {
    of: MINI,
    scripts: ['api-paths'],
    steps: ['api GET /api/v1/self_proc_stats'],
    srs: ['data.comm: "(srs)"'],
    instead: ['data.comm: "(node)"'],
    reason: 'mini-srs is a Node program',
  },
  {
    of: MINI,
    scripts: ['api-paths'],
    steps: ['api GET /api/v1/features'],
    srs: [
      ...BUILD.map((name) => `data.${name}: {${name}}`),
      ...FEATURES.map((name) => `data.features.${name}: true`),
    ],
    instead: [
      ...BUILD.map((name) => `data.${name}: ""`),
      ...FEATURES.map((name) => `data.features.${name}: false`),
    ],
    reason: 'mini-srs has fewer features, and was not built from C++',
  },
  {
    of: MINI,
    srs: [METADATA('Hang')],
    instead: [METADATA('mini')],
    reason: 'mini-srs signs with its own name in place of the release’s',
  },
  {
    of: MINI,
    scripts: ['hooks-rtmp'],
    steps: ['hook on_play 2'],
    srs: ['on_connect.param: "?token=x"', 'on_play.param: "?token=x"'],
    instead: ['on_connect.param: ""', 'on_play.param: ""'],
    reason: 'SRS shows the query of the first name with the second one; mini-srs does not',
  },
  {
    of: MINI,
    scripts: ['hooks-rtmp'],
    steps: ['hook on_close 1'],
    srs: ['on_stop.param: "?token=x"'],
    instead: ['on_stop.param: ""'],
    reason: 'SRS shows the query of the first name with the second one; mini-srs does not',
  },
];

export const HTTP: readonly Difference[] = [...CORS, ...OF_BOX, ...OF_MINI];

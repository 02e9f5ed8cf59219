import { isAbsolute } from 'node:path';
import type { Directive } from '../srs-conf/parse.js';
import { FANOUT_UNFIT } from './fanout-rules.js';
import type { Fate, RuleConfig, TemplateRule } from './template-rule.js';

/** Fates of directives that children's configs do not repeat. */
const LEFT_OUT: ReadonlySet<Fate> = new Set(['ignored', 'replaced', 'by the box']);

type Felt = NonNullable<TemplateRule['isFelt']>;

/** True unless the directive says just what we do. */
function unless(...usual: string[]): Felt {
  return ({ args }) => !usual.includes(args[0] ?? '');
}

function ifOff({ args }: Directive): boolean {
  return args[0] !== 'on';
}

function ifRelative({ args }: Directive): boolean {
  return args[0] !== undefined && !isAbsolute(args[0]) && !/^[a-z]+:/.test(args[0]);
}

/** True unless it is the one port at which the box has the listener. */
function unlessAt(name: keyof RuleConfig['listen']): Felt {
  return ({ args }, { listen }) => args.length !== 1 || portOf(args[0]) !== listen[name]?.port;
}

function portOf(text = ''): number {
  return Number(text.slice(text.lastIndexOf(':') + 1));
}

function ifClosed(name: keyof RuleConfig['listen']): Felt {
  return (_directive, { listen }) => listen[name] === null;
}

/** True for `enabled off` of a server whose port the box has open. */
function ifOffAndOpen(name: keyof RuleConfig['listen']): Felt {
  return (directive, { listen }) => ifOff(directive) && listen[name] !== null;
}

const HLS_FILES = 'segments of all children lie in workDir/hls, playlists at /APP/STREAM.m3u8';
const LOG = "a child's log is in workDir/logs";
const AUTO = 'a new template is taken by SIGHUP or `reload`, for all children at once';
const GRACE = 'the supervisor ends children: SIGQUIT or `drain` lets clients finish';
const TLS = 'TLS ends at the supervisor: listen.https, listen.apiHttps and tls';
const CANDIDATES = 'each answer has the candidates of the box: rtc.candidates';
const RTC_PORT = 'WebRTC has one port for UDP and TCP: listen.rtc';
const BELOW = 'a relative path begins in workDir, where children run';
const CLOUD = 'each child reports for itself';

/** One row per directive that children do not get as it stands in the template. */
export const TEMPLATE_RULES: readonly TemplateRule[] = [
  {
    path: 'listen',
    fate: 'replaced',
    why: 'RTMP clients come to listen.rtmp, one port',
    isFelt: unlessAt('rtmp'),
  },
  {
    path: 'max_connections',
    fate: 'replaced',
    why: 'children.maxConnections holds for each child, limits.connections for the box',
    isFelt: ({ args }, { children }) => Number(args[0]) !== children.maxConnections,
  },
  {
    path: 'work_dir',
    fate: 'ignored',
    why: 'children run in workDir, and relative paths begin there',
    isFelt: unless('.', './'),
  },
  { path: 'pid', fate: 'replaced', why: 'each child has a pid file of its own in workDir/pids' },
  {
    path: 'daemon',
    fate: 'replaced',
    why: 'the supervisor itself may run as a service; its children do not fork',
    isFelt: unless('off'),
  },
  {
    path: 'asprocess',
    fate: 'replaced',
    why: 'children end with the supervisor',
    isFelt: unless('on'),
  },
  {
    path: 'server_id',
    fate: 'by the box',
    why: 'it is the id of the box in API and hooks; a child has its own (c001)',
  },
  { path: 'srs_log_tank', fate: 'replaced', why: LOG, isFelt: unless('console') },
  { path: 'srs_log_file', fate: 'replaced', why: LOG },
  { path: 'ff_log_dir', fate: 'by the box', why: 'the supervisor makes that folder' },
  { path: 'ff_log_dir', fate: 'moved', why: BELOW, isFelt: ifRelative },
  { path: 'inotify_auto_reload', fate: 'replaced', why: AUTO, isFelt: unless('off') },
  { path: 'auto_reload_for_docker', fate: 'replaced', why: AUTO, isFelt: unless('off') },
  { path: 'force_grace_quit', fate: 'replaced', why: GRACE, isFelt: unless('off') },
  { path: 'grace_start_wait', fate: 'ignored', why: GRACE },
  { path: 'grace_final_wait', fate: 'ignored', why: GRACE },
  {
    path: 'heartbeat',
    fate: 'by the box',
    why: 'the supervisor sends it, with the ports of the box',
  },
  { path: 'rtmps', fate: 'ignored', why: 'RTMP under TLS is listen.rtmps' },
  { path: 'rtsp_server', fate: 'ignored', why: 'the box has no RTSP port' },
  {
    path: 'stream_caster',
    fate: 'ignored',
    why: 'all children would open its port; run an SRS of its own that publishes here',
  },
  { path: 'http_stream', fate: 'ignored', why: 'SRS 7 calls it http_server' },
  { path: 'tencentcloud_cls', fate: 'by each child', why: CLOUD },
  { path: 'tencentcloud_apm', fate: 'by each child', why: CLOUD },
  {
    path: 'query_latest_version',
    fate: 'by each child',
    why: 'each child asks the SRS project at its start',
    isFelt: unless('off'),
  },

  {
    path: 'http_api.enabled',
    fate: 'replaced',
    why: 'the supervisor needs the API of its children; listen.api: off closes that of the box',
    isFelt: ifOffAndOpen('api'),
  },
  {
    path: 'http_api.listen',
    fate: 'replaced',
    why: "the box's API is at listen.api",
    isFelt: unlessAt('api'),
  },
  { path: 'http_api.https', fate: 'ignored', why: TLS },
  { path: 'http_api.raw_api', fate: 'by the box', why: 'it holds for clients of the box' },
  {
    path: 'http_server.enabled',
    fate: 'replaced',
    why: 'children need it for HTTP-FLV and HLS; listen.http: off closes that of the box',
    isFelt: ifOffAndOpen('http'),
  },
  {
    path: 'http_server.listen',
    fate: 'replaced',
    why: 'HTTP clients come to listen.http',
    isFelt: unlessAt('http'),
  },
  {
    path: 'http_server.dir',
    fate: 'by the box',
    why: 'the supervisor shows its files; a relative path is below workDir',
  },
  {
    path: 'http_server.dir',
    fate: 'moved',
    why: BELOW,
    isFelt: (directive, { http }) => ifRelative(directive) && http.dir === null,
  },
  {
    path: 'http_server.dir',
    fate: 'ignored',
    why: 'http.dir goes before it',
    isFelt: (_directive, { http }) => http.dir !== null,
  },
  { path: 'http_server.https', fate: 'ignored', why: TLS },
  {
    path: 'rtc_server',
    fate: 'ignored',
    why: 'listen.rtc is off',
    isFelt: ifClosed('rtc'),
  },
  {
    path: 'rtc_server.enabled',
    fate: 'replaced',
    why: 'listen.rtc decides, off closes it',
    isFelt: ifOffAndOpen('rtc'),
  },
  { path: 'rtc_server.listen', fate: 'replaced', why: RTC_PORT, isFelt: unlessAt('rtc') },
  { path: 'rtc_server.tcp', fate: 'replaced', why: RTC_PORT },
  { path: 'rtc_server.protocol', fate: 'replaced', why: RTC_PORT, isFelt: unless('all') },
  { path: 'rtc_server.candidate', fate: 'replaced', why: CANDIDATES, isFelt: unless('*') },
  {
    path: 'rtc_server.use_auto_detect_network_ip',
    fate: 'replaced',
    why: CANDIDATES,
    isFelt: unless('on'),
  },
  {
    path: 'rtc_server.api_as_candidates',
    fate: 'replaced',
    why: CANDIDATES,
    isFelt: unless('on'),
  },
  {
    path: 'srt_server',
    fate: 'ignored',
    why: 'listen.srt is off',
    isFelt: ifClosed('srt'),
  },
  {
    path: 'srt_server.enabled',
    fate: 'replaced',
    why: 'listen.srt decides, off closes it',
    isFelt: ifOffAndOpen('srt'),
  },
  {
    path: 'srt_server.listen',
    fate: 'replaced',
    why: 'SRT callers come to listen.srt',
    isFelt: unlessAt('srt'),
  },
  {
    path: 'exporter.enabled',
    fate: 'by the box',
    why: '/metrics of listen.api and listen.admin; off switches that of listen.api off',
  },
  { path: 'exporter.listen', fate: 'replaced', why: 'Prometheus asks /metrics at listen.api' },

  {
    path: 'vhost.http_hooks.*',
    fate: 'by the box',
    why: 'the supervisor calls these URLs, with the true address of the client',
  },
  { path: 'vhost.forward.backend', fate: 'by the box', why: 'the supervisor asks that URL' },
  {
    path: 'vhost.security',
    fate: 'by the box',
    why: 'the supervisor judges by the true address of the client',
  },
  {
    path: 'vhost.ingest',
    fate: 'by one child',
    why: 'the ffmpegs of others would publish the same names',
  },
  ...FANOUT_UNFIT.map(
    ({ path, value, why }): TemplateRule => ({
      path: `vhost.${path.join('.')}`,
      fate: 'by each child',
      why,
      isFelt: ({ args }, { fanout }) => fanout.mode !== 'off' && args[0] === value,
    }),
  ),
  { path: 'vhost.hls.hls_path', fate: 'replaced', why: HLS_FILES },
  { path: 'vhost.hls.hls_m3u8_file', fate: 'replaced', why: HLS_FILES },
  { path: 'vhost.hls.hls_ts_file', fate: 'replaced', why: HLS_FILES },
  {
    path: 'vhost.hls.hls_ts_floor',
    fate: 'replaced',
    why: HLS_FILES,
    isFelt: unless('off'),
  },
  {
    path: 'vhost.hls.hls_dispose',
    fate: 'replaced',
    why: 'the supervisor removes what has left the window, also of children that have ended',
  },
  { path: 'vhost.hls.hls_key_file', fate: 'replaced', why: HLS_FILES },
  { path: 'vhost.hls.hls_key_file_path', fate: 'replaced', why: HLS_FILES },
  { path: 'vhost.hls.hls_key_url', fate: 'replaced', why: 'keys are beside their playlist' },
  {
    path: 'vhost.http_static',
    fate: 'by the box',
    why: 'the supervisor shows its files; a relative dir is below workDir',
  },
  { path: 'vhost.http_static.dir', fate: 'moved', why: BELOW, isFelt: ifRelative },
  { path: 'vhost.dash.dash_path', fate: 'moved', why: BELOW, isFelt: ifRelative },
  { path: 'vhost.dvr.dvr_path', fate: 'moved', why: BELOW, isFelt: ifRelative },
  { path: 'vhost.hds.hds_path', fate: 'moved', why: BELOW, isFelt: ifRelative },
  { path: 'vhost.ingest.input.url', fate: 'moved', why: BELOW, isFelt: ifRelative },
  { path: 'vhost.ingest.ffmpeg', fate: 'moved', why: BELOW, isFelt: ifRelative },
  { path: 'vhost.transcode.ffmpeg', fate: 'moved', why: BELOW, isFelt: ifRelative },
  { path: 'vhost.exec.publish', fate: 'moved', why: BELOW, isFelt: ifRelative },
];

/** Directives that a child gets from us, or not at all. */
const LEFT_OUT_PATHS: ReadonlySet<string> = new Set(
  TEMPLATE_RULES.filter(({ fate }) => LEFT_OUT.has(fate)).map(({ path }) => path),
);

/** Reports whether children's configs do without the template's directive of that path. */
export function isLeftOut(path: string): boolean {
  return LEFT_OUT_PATHS.has(path);
}

import { type Directive, find } from '../../srs-conf/parse.js';
import type { ApiAuth } from '../api/auth.js';
import type { LogLevel } from '../log.js';
import { checkConf } from './check.js';
import { SERVED } from './directives.js';
import { fail, isOn, text } from './read.js';
import { readVhosts, type VhostConf } from './vhost.js';

/** A `listen` value with its text in the config, which the heartbeat repeats. */
export interface ListenAddress {
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  readonly port: number;
  readonly text: string;
}

export interface HeartbeatConf {
  readonly seconds: number;
  readonly url: string;
  readonly deviceId: string;
  readonly summaries: boolean;
  readonly ports: boolean;
}

interface ExporterConf extends ListenAddress {
  /** Labels from the config for `/metrics`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** `rtc_server`. Its `listen` may contain an address, as in SRS 7.0.67 and later. */
export interface RtcConf extends ListenAddress {
  /** `*`: an address of the machine. */
  readonly candidate: string;
}

/** Formats the bound address: `udp://0.0.0.0:8000`. */
export function rtcEndpoint({ host = '0.0.0.0', port }: RtcConf): string {
  return `udp://${host}:${port}`;
}

/** The parts of an srs.conf that mini-srs uses. */
export interface OriginConf {
  readonly rtmp: readonly ListenAddress[];
  readonly api: ListenAddress | null;
  readonly auth: ApiAuth | null;
  readonly http: (ListenAddress & { readonly dir: string }) | null;
  /** Null: WebRTC is off. */
  readonly rtc: RtcConf | null;
  readonly pidFile: string;
  readonly serverId: string | null;
  readonly maxConnections: number;
  readonly asProcess: boolean;
  readonly log: { readonly level: LogLevel; readonly file: string | null };
  readonly heartbeat: HeartbeatConf | null;
  readonly rawApi: { readonly enabled: boolean; readonly allowReload: boolean };
  /** Null: `/metrics` is off. */
  readonly exporter: ExporterConf | null;
  readonly vhosts: ReadonlyMap<string, VhostConf>;
  /** Known directives that mini-srs ignores. */
  readonly unserved: readonly string[];
}

/** Descriptors that SRS reserves besides its connections. */
const RESERVED_FDS = 128;

/**
 * Reads a config. Throws ERR_CONFIG, with SRS's message, for what SRS would refuse: an unknown
 * directive, no `listen`, or more connections than the process may open files.
 */
export function readConf(root: readonly Directive[], maxOpenFiles: number): OriginConf {
  checkConf(root);
  const maxConnections = Number(text(root, '1000', 'max_connections'));
  if (!(maxConnections >= 1)) throw fail('max_connections must be 1 or more');
  if (maxConnections + RESERVED_FDS >= maxOpenFiles) {
    throw fail(`${maxConnections + RESERVED_FDS} exceed max open files=${maxOpenFiles}`);
  }
  const rtmp = (find(root, 'listen')?.args ?? []).map(parseListen);
  if (rtmp.length === 0) throw fail('listen requires params');
  return {
    rtmp,
    api: readListener(root, 'http_api', '1985'),
    auth: readAuth(root),
    http: readHttpServer(root),
    rtc: readRtc(root),
    pidFile: text(root, './objs/srs.pid', 'pid'),
    serverId: find(root, 'server_id')?.args[0] ?? null,
    maxConnections,
    asProcess: isOn(root, false, 'asprocess'),
    log: readLog(root),
    heartbeat: readHeartbeat(root),
    rawApi: {
      enabled: isOn(root, false, 'http_api', 'raw_api', 'enabled'),
      allowReload: isOn(root, false, 'http_api', 'raw_api', 'allow_reload'),
    },
    exporter: readExporter(root),
    vhosts: readVhosts(root),
    unserved: listUnserved(root),
  };
}

/** Parses `port`, `ip:port` or `[ip6]:port`; 0 is refused, as by SRS. */
function parseListen(listen: string): ListenAddress {
  const match = /^(?:(?:\[(?<six>[^\]]+)\]|(?<four>[^:]*)):)?(?<port>\d+)$/.exec(listen);
  const port = Number(match?.groups?.port ?? 0);
  if (port < 1 || port > 65_535) throw fail(`listen port ${listen} must be 1 to 65535`);
  return { host: match?.groups?.six ?? match?.groups?.four, port, text: listen };
}

function readListener(
  root: readonly Directive[],
  block: string,
  fallback: string,
): ListenAddress | null {
  if (!isOn(root, false, block, 'enabled')) return null;
  return parseListen(text(root, fallback, block, 'listen'));
}

function readExporter(root: readonly Directive[]): ExporterConf | null {
  const address = readListener(root, 'exporter', '9972');
  const label = text(root, '', 'exporter', 'label');
  const tag = text(root, '', 'exporter', 'tag');
  return address && { ...address, labels: { ...(label && { label }), ...(tag && { tag }) } };
}

function readAuth(root: readonly Directive[]): ApiAuth | null {
  if (!isOn(root, false, 'http_api', 'auth', 'enabled')) return null;
  const word = (name: string): string => text(root, '', 'http_api', 'auth', name);
  return { username: word('username'), password: word('password') };
}

function readHttpServer(root: readonly Directive[]): OriginConf['http'] {
  const address = readListener(root, 'http_server', '8080');
  return address && { ...address, dir: text(root, './objs/nginx/html', 'http_server', 'dir') };
}

function readRtc(root: readonly Directive[]): RtcConf | null {
  if (!isOn(root, false, 'rtc_server', 'enabled')) return null;
  const address = parseListen(text(root, '8000', 'rtc_server', 'listen'));
  return { ...address, candidate: text(root, '*', 'rtc_server', 'candidate') };
}

function readLog(root: readonly Directive[]): OriginConf['log'] {
  const named = text(root, text(root, 'trace', 'srs_log_level'), 'srs_log_level_v2').toLowerCase();
  const level = named === 'warn' || named === 'error' ? named : 'info';
  const onConsole = text(root, 'file', 'srs_log_tank') === 'console';
  return {
    level: level.toUpperCase() as LogLevel,
    file: onConsole ? null : text(root, './objs/srs.log', 'srs_log_file'),
  };
}

function readHeartbeat(root: readonly Directive[]): HeartbeatConf | null {
  if (!isOn(root, false, 'heartbeat', 'enabled')) return null;
  const seconds = Math.trunc(Number(text(root, '10', 'heartbeat', 'interval')));
  if (!(seconds >= 1)) throw fail('heartbeat.interval must be a second or more');
  return {
    seconds,
    url: text(root, 'http://127.0.0.1:8085/api/v1/servers', 'heartbeat', 'url'),
    deviceId: text(root, '', 'heartbeat', 'device_id'),
    summaries: isOn(root, false, 'heartbeat', 'summaries'),
    ports: isOn(root, false, 'heartbeat', 'ports'),
  };
}

function listUnserved(root: readonly Directive[]): string[] {
  const names = root.map(({ name }) => name);
  const inVhosts = root.flatMap(({ name, children }) =>
    name === 'vhost' ? (children ?? []).map((child) => `vhost.${child.name}`) : [],
  );
  const guards = ['http_api.https', 'http_server.https'].filter((path) => {
    const [block = '', name = ''] = path.split('.');
    return find(root, block, name) !== undefined;
  });
  const all = new Set([...names, ...inVhosts, ...guards]);
  return [...all].filter((name) => !SERVED.has(name.replace('vhost.', '')));
}

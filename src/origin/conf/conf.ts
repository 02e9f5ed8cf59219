import { SupervisorError } from '../../errors.js';
import { type Directive, find } from '../../srs-conf/parse.js';
import { DEFAULT_VHOST } from '../../stream-key.js';
import type { LogLevel } from '../log.js';
import { BLOCK_DIRECTIVES, ROOT_DIRECTIVES, SERVED, VHOST_DIRECTIVES } from './directives.js';

export const HOOK_ACTIONS = [
  'on_connect',
  'on_close',
  'on_publish',
  'on_unpublish',
  'on_play',
  'on_stop',
] as const;
export type HookAction = (typeof HOOK_ACTIONS)[number];

/** A `listen` value, and its text as it stands in the config, which the heartbeat repeats. */
export interface ListenAddress {
  /** Undefined: every address. */
  readonly host: string | undefined;
  readonly port: number;
  readonly text: string;
}

export interface VhostConf {
  readonly name: string;
  readonly enabled: boolean;
  /** Template of the FLV path, or null where http_remux is off. */
  readonly flvMount: string | null;
  readonly gopCache: boolean;
  /** Merged write: how long packets gather before players get them. */
  readonly flushMs: number;
  /** The URLs to call, in order. */
  readonly hooks: Readonly<Record<HookAction, readonly string[]>>;
}

export interface HeartbeatConf {
  readonly seconds: number;
  readonly url: string;
  readonly deviceId: string;
  readonly summaries: boolean;
  readonly ports: boolean;
}

/** What mini-srs reads out of an srs.conf. */
export interface OriginConf {
  readonly rtmp: readonly ListenAddress[];
  readonly api: ListenAddress | null;
  readonly http: (ListenAddress & { readonly dir: string }) | null;
  readonly pidFile: string;
  readonly serverId: string | null;
  readonly maxConnections: number;
  readonly asProcess: boolean;
  readonly log: { readonly level: LogLevel; readonly file: string | null };
  readonly heartbeat: HeartbeatConf | null;
  /** Whether the API's `/metrics` answers. */
  readonly metrics: boolean;
  readonly vhosts: ReadonlyMap<string, VhostConf>;
  /** Known directives that mini-srs does not act on. */
  readonly unserved: readonly string[];
}

/** SRS's merged write (`play.mw_latency`), and what `min_latency` makes of it. */
export const MERGED_WRITE_MS = 350;

/** Descriptors that SRS keeps for itself beside its connections. */
const RESERVED_FDS = 128;

function fail(text: string): SupervisorError {
  return new SupervisorError('ERR_CONFIG', text);
}

/**
 * Reads a config. Throws ERR_CONFIG, in SRS's words, for what SRS would refuse: a directive that
 * it does not know, no `listen`, more connections than the process may open files.
 */
export function readConf(root: readonly Directive[], maxOpenFiles: number): OriginConf {
  checkNames(root);
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
    http: readHttpServer(root),
    pidFile: text(root, './objs/srs.pid', 'pid'),
    serverId: find(root, 'server_id')?.args[0] ?? null,
    maxConnections,
    asProcess: isOn(root, false, 'asprocess'),
    log: readLog(root),
    heartbeat: readHeartbeat(root),
    metrics: isOn(root, false, 'exporter', 'enabled'),
    vhosts: readVhosts(root),
    unserved: listUnserved(root),
  };
}

function text(
  from: readonly Directive[],
  fallback: string,
  ...path: [string, ...string[]]
): string {
  return find(from, ...path)?.args[0] ?? fallback;
}

function isOn(
  from: readonly Directive[],
  fallback: boolean,
  ...path: [string, ...string[]]
): boolean {
  return text(from, fallback ? 'on' : 'off', ...path) === 'on';
}

function checkNames(root: readonly Directive[]): void {
  for (const directive of root) {
    if (!ROOT_DIRECTIVES.has(directive.name)) throw fail(`illegal directive ${directive.name}`);
    if (directive.name === 'vhost') checkVhost(directive);
    else checkBlock(directive, directive.name, '');
  }
}

function checkVhost(vhost: Directive): void {
  for (const directive of vhost.children ?? []) {
    if (!VHOST_DIRECTIVES.has(directive.name)) throw fail(`illegal vhost.${directive.name}`);
    checkBlock(directive, `vhost.${directive.name}`, ` of ${vhost.args[0] ?? ''}`);
  }
}

function checkBlock(block: Directive, path: string, of: string): void {
  const known = BLOCK_DIRECTIVES[block.name];
  const stranger = block.children?.find((child) => known?.has(child.name) === false);
  if (stranger !== undefined) throw fail(`illegal ${path}.${stranger.name}${of}`);
}

/** `port`, `ip:port` or `[ip6]:port`; 0 is refused, as SRS does. */
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

function readHttpServer(root: readonly Directive[]): OriginConf['http'] {
  const address = readListener(root, 'http_server', '8080');
  return address && { ...address, dir: text(root, './objs/nginx/html', 'http_server', 'dir') };
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

/** The default vhost is there even where the config does not name it. */
function readVhosts(root: readonly Directive[]): Map<string, VhostConf> {
  const vhosts = new Map([[DEFAULT_VHOST, readVhost(DEFAULT_VHOST, [])]]);
  for (const { name, args, children } of root) {
    const vhost = args[0] ?? '';
    if (name === 'vhost' && vhost !== '') vhosts.set(vhost, readVhost(vhost, children ?? []));
  }
  return vhosts;
}

function readVhost(name: string, children: readonly Directive[]): VhostConf {
  const remux = isOn(children, false, 'http_remux', 'enabled');
  const hooks = find(children, 'http_hooks')?.children ?? [];
  const called = isOn(hooks, false, 'enabled');
  const urls = (action: HookAction): readonly string[] =>
    called ? (find(hooks, action)?.args ?? []) : [];
  return {
    name,
    enabled: isOn(children, true, 'enabled'),
    flvMount: remux ? text(children, '[vhost]/[app]/[stream].flv', 'http_remux', 'mount') : null,
    gopCache: isOn(children, isOn(children, true, 'gop_cache'), 'play', 'gop_cache'),
    flushMs: readFlushMs(children),
    hooks: Object.fromEntries(HOOK_ACTIONS.map((action) => [action, urls(action)])) as Record<
      HookAction,
      readonly string[]
    >,
  };
}

function readFlushMs(vhost: readonly Directive[]): number {
  const fallback = isOn(vhost, false, 'min_latency') ? 0 : MERGED_WRITE_MS;
  const asked = Number(text(vhost, String(fallback), 'play', 'mw_latency'));
  return asked >= 0 && asked <= 10_000 ? asked : fallback;
}

function listUnserved(root: readonly Directive[]): string[] {
  const names = root.map(({ name }) => name);
  const inVhosts = root.flatMap(({ name, children }) =>
    name === 'vhost' ? (children ?? []).map((child) => `vhost.${child.name}`) : [],
  );
  const guards = ['http_api.auth', 'http_api.https', 'http_server.https'].filter((path) => {
    const [block = '', name = ''] = path.split('.');
    return find(root, block, name) !== undefined;
  });
  const all = new Set([...names, ...inVhosts, ...guards]);
  return [...all].filter((name) => !SERVED.has(name.replace('vhost.', '')));
}

import { type Directive, find } from '../../srs-conf/parse.js';
import { type AccessRule, readSecurity } from '../../srs-conf/security.js';
import { DEFAULT_VHOST } from '../../stream-key.js';
import { type ReferConf, readRefer } from './access.js';
import { type HlsConf, readHls } from './hls.js';
import { isOn, text } from './read.js';

/** Hooks that are called by POST with JSON. */
export const HOOK_ACTIONS = [
  'on_connect',
  'on_close',
  'on_publish',
  'on_unpublish',
  'on_play',
  'on_stop',
  'on_dvr',
  'on_hls',
] as const;
export type HookAction = (typeof HOOK_ACTIONS)[number];

export interface VhostConf {
  readonly name: string;
  readonly enabled: boolean;
  /** Template of the HTTP path of live streams; null if http_remux is off. */
  readonly mount: string | null;
  /** Directory of files for its host name; null: the shared one. */
  readonly staticDir: string | null;
  readonly gopCache: boolean;
  /** Merged write: milliseconds for which packets are collected before a write. */
  readonly flushMs: number;
  /** The URLs to call, in order. */
  readonly hooks: Readonly<Record<HookAction, readonly string[]>>;
  /** Templates of the URLs to GET for each segment. */
  readonly hlsNotify: readonly string[];
  readonly hls: HlsConf;
  readonly security: readonly AccessRule[] | null;
  readonly refer: ReferConf | null;
}

/** Milliseconds: SRS's default of `play.mw_latency`; `min_latency` makes it 0. */
export const MERGED_WRITE_MS = 350;

/** Reads all vhosts. The default vhost exists even if the config does not name it. */
export function readVhosts(root: readonly Directive[]): Map<string, VhostConf> {
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
  const urls = (action: HookAction | 'on_hls_notify'): readonly string[] =>
    called ? (find(hooks, action)?.args ?? []) : [];
  return {
    name,
    enabled: isOn(children, true, 'enabled'),
    mount: remux ? text(children, '[vhost]/[app]/[stream].flv', 'http_remux', 'mount') : null,
    staticDir: readStaticDir(name, children),
    gopCache: isOn(children, isOn(children, true, 'gop_cache'), 'play', 'gop_cache'),
    flushMs: readFlushMs(children),
    hooks: Object.fromEntries(HOOK_ACTIONS.map((action) => [action, urls(action)])) as Record<
      HookAction,
      readonly string[]
    >,
    hlsNotify: urls('on_hls_notify'),
    hls: readHls(children),
    security: readSecurity(children),
    refer: readRefer(children),
  };
}

/** Returns `http_static.dir` if it is mounted on the whole host, SRS's default. */
function readStaticDir(name: string, vhost: readonly Directive[]): string | null {
  if (!isOn(vhost, false, 'http_static', 'enabled')) return null;
  if (text(vhost, '[vhost]/', 'http_static', 'mount') !== '[vhost]/') return null;
  return text(vhost, './objs/nginx/html', 'http_static', 'dir').replaceAll('[vhost]', name);
}

function readFlushMs(vhost: readonly Directive[]): number {
  const fallback = isOn(vhost, false, 'min_latency') ? 0 : MERGED_WRITE_MS;
  const asked = Number(text(vhost, String(fallback), 'play', 'mw_latency'));
  return asked >= 0 && asked <= 10_000 ? asked : fallback;
}

import { type Directive, find } from '../../srs-conf/parse.js';
import { isOn, number, text } from './read.js';

/** The part of `vhost.hls` that mini-srs uses. Times are in seconds. */
export interface HlsConf {
  readonly enabled: boolean;
  readonly path: string;
  readonly m3u8File: string;
  readonly tsFile: string;
  /** Prefix of each segment URI in the playlist. */
  readonly entryPrefix: string;
  readonly fragment: number;
  readonly window: number;
  /** A segment ends at the first keyframe after `fragment` times this. */
  readonly tdRatio: number;
  /** It also ends at any audio after `fragment` times this. */
  readonly aofRatio: number;
  readonly waitKeyframe: boolean;
  /** Segments that left the window are deleted. */
  readonly cleanup: boolean;
  /** Seconds for which the files of a stream without a publisher stay; 0: for ever. */
  readonly dispose: number;
  /** Each player of a playlist gets a session. */
  readonly ctx: boolean;
  /** Segment URIs carry the session's id. */
  readonly tsCtx: boolean;
}

/** Reads a vhost's `hls` block; without one HLS is off. */
export function readHls(vhost: readonly Directive[]): HlsConf {
  const hls = find(vhost, 'hls')?.children ?? [];
  return {
    enabled: isOn(hls, false, 'enabled'),
    path: text(hls, './objs/nginx/html', 'hls_path'),
    m3u8File: text(hls, '[app]/[stream].m3u8', 'hls_m3u8_file'),
    tsFile: text(hls, '[app]/[stream]-[seq].ts', 'hls_ts_file'),
    entryPrefix: text(hls, '', 'hls_entry_prefix'),
    fragment: number(hls, 10, 'hls_fragment') || 10,
    window: number(hls, 60, 'hls_window') || 60,
    tdRatio: number(hls, 1, 'hls_td_ratio'),
    aofRatio: number(hls, 2.1, 'hls_aof_ratio'),
    waitKeyframe: isOn(hls, true, 'hls_wait_keyframe'),
    cleanup: isOn(hls, true, 'hls_cleanup'),
    dispose: number(hls, 120, 'hls_dispose'),
    ctx: isOn(hls, true, 'hls_ctx'),
    tsCtx: isOn(hls, true, 'hls_ts_ctx'),
  };
}

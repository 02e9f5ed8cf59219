import { type Directive, find } from '../srs-conf/parse.js';

/** A directive of a vhost by which its players are not served by fan-out. */
interface UnfitRule {
  /** Names below the vhost. */
  readonly path: readonly [string, ...string[]];
  readonly value: string;
  readonly why: string;
}

const ONE_BY_ONE = 'so the players of this vhost are not served by fan-out';

/**
 * Settings that fan-out does not honour. All others that concern RTMP and HTTP-FLV are a child's to
 * apply before fan-out (`http_remux`, `time_jitter`, `atc`, `mix_correct`, `mw_latency`,
 * `min_latency`), or ours (`security`, `http_hooks`).
 */
export const FANOUT_UNFIT: readonly UnfitRule[] = [
  {
    path: ['play', 'gop_cache'],
    value: 'off',
    why: `fan-out begins at the last keyframe, ${ONE_BY_ONE}`,
  },
  {
    path: ['cluster', 'mode'],
    value: 'remote',
    why: `an edge fetches a stream for a player, ${ONE_BY_ONE}`,
  },
  {
    path: ['cluster', 'origin_cluster'],
    value: 'on',
    why: `an origin cluster sends players elsewhere, ${ONE_BY_ONE}`,
  },
  {
    path: ['refer', 'enabled'],
    value: 'on',
    why: `a child judges by the page of each player, ${ONE_BY_ONE}`,
  },
];

/** Reports whether fan-out serves the players of a vhost with these directives as SRS would. */
export function fitsFanout(vhost: readonly Directive[]): boolean {
  return !FANOUT_UNFIT.some(({ path, value }) => find(vhost, ...path)?.args[0] === value);
}

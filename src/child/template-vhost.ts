import { type Directive, find } from '../srs-conf/parse.js';
import { type AccessRule, readSecurity } from '../srs-conf/security.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import { fitsFanout } from './fanout-rules.js';

/** Facts about one vhost of a template that the supervisor uses. */
export interface TemplateVhost {
  readonly name: string;
  /** `http_remux.mount`, or SRS's default; null: no play by HTTP. */
  readonly mount: string | null;
  /** Children fetch its streams from elsewhere when somebody plays them. */
  readonly isEdge: boolean;
  /** SRS lets every player wait for a stream that nobody publishes. */
  readonly isHoldable: boolean;
  /** `security`: who may publish and play; null: everybody. */
  readonly security: readonly AccessRule[] | null;
  /** `out_ack_size`: bytes that an RTMP client acknowledges; 0: it is told none. */
  readonly outAckSize: number;
  /** `chunk_size`, bytes; null: that of the whole server. */
  readonly chunkSize: number | null;
  /** It has an `ingest` that one child must run. */
  readonly hasIngest: boolean;
  readonly hasHls: boolean;
  /** `hls.hls_window`; null: not set. */
  readonly hlsWindowSeconds: number | null;
  /** URLs by action of `http_hooks`, empty if it is off; null: no such block. */
  readonly hooks: Readonly<Record<string, readonly string[]>> | null;
  /** URL of `forward.backend`; SRS uses the first of several. */
  readonly forwardBackend: string | null;
  /** Fan-out serves its players as a child would. */
  readonly fitsFanout: boolean;
  /** `http_static`; null: it is off. */
  readonly files: VhostFiles | null;
}

/** A folder that a vhost shows by HTTP. */
interface VhostFiles {
  /** Host of the requests; null: every host without such a folder. */
  readonly host: string | null;
  /** Begins and ends with `/`. */
  readonly path: string;
  readonly dir: string;
}

/** SRS's default for `out_ack_size`. */
const OUT_ACK_SIZE = 2_500_000;
/** SRS's default for `http_remux.mount`. */
const DEFAULT_MOUNT = '[vhost]/[app]/[stream].flv';

/** SRS's default for folders of web files. */
export const WEB_DIR = './objs/nginx/html';

/** Values that make SRS do more with a player than let it wait. */
const JUDGED: readonly (readonly [block: string, directive: string, value: string])[] = [
  // An edge fetches a stream when a player comes.
  ['cluster', 'mode', 'remote'],
  // A cluster of origins sends the player to another one.
  ['cluster', 'origin_cluster', 'on'],
  // Some players are refused at once, by rules that the child judges.
  ['refer', 'enabled', 'on'],
];

/** Reads a `vhost` directive. */
export function readVhost({ args, children }: Directive): TemplateVhost {
  const lines = children ?? [];
  const word = (...path: [string, ...string[]]) => find(lines, ...path)?.args[0];
  const isOn = (block: string) => word(block, 'enabled') === 'on';
  const seconds = Number(word('hls', 'hls_window'));
  const isJudged = JUDGED.some(([block, name, value]) => word(block, name) === value);
  return {
    name: args[0] ?? '',
    mount: isOn('http_remux') ? (word('http_remux', 'mount') ?? DEFAULT_MOUNT) : null,
    isEdge: word('cluster', 'mode') === 'remote',
    isHoldable: word('enabled') !== 'off' && !isJudged,
    security: readSecurity(lines),
    outAckSize: Number(word('out_ack_size') ?? OUT_ACK_SIZE) || 0,
    chunkSize: Number(word('chunk_size')) || null,
    hasIngest: find(lines, 'ingest') !== undefined,
    hasHls: isOn('hls'),
    hlsWindowSeconds: seconds > 0 ? seconds : null,
    hooks: readHooks(find(lines, 'http_hooks')?.children ?? null),
    forwardBackend: isOn('forward') ? (word('forward', 'backend') ?? null) : null,
    fitsFanout: fitsFanout(lines),
    files: readFiles(args[0], word),
  };
}

type Word = (...path: [string, ...string[]]) => string | undefined;

/** Reads `http_static`, whose mount is `[vhost]/path`, or `/path` for every host. */
function readFiles(vhost = '', word: Word): VhostFiles | null {
  if (word('http_static', 'enabled') !== 'on' || word('enabled') === 'off') return null;
  const of = (text: string) => text.replaceAll('[vhost]', vhost);
  const named = of(word('http_static', 'mount') ?? '[vhost]/');
  const mount = named.endsWith('/') ? named : `${named}/`;
  const host = mount.slice(0, mount.indexOf('/'));
  return {
    host: host === '' || host === DEFAULT_VHOST ? null : host,
    path: mount.slice(host.length),
    dir: of(word('http_static', 'dir') ?? WEB_DIR),
  };
}

function readHooks(block: readonly Directive[] | null): TemplateVhost['hooks'] {
  if (block === null) return null;
  if (find(block, 'enabled')?.args[0] !== 'on') return {};
  const actions = block.filter(({ name }) => name !== 'enabled');
  return Object.fromEntries(actions.map(({ name, args }) => [name, args]));
}

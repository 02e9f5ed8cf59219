import { type Directive, find } from '../srs-conf/parse.js';
import { type AccessRule, readSecurity } from '../srs-conf/security.js';

/** What the supervisor goes by in one vhost of a template. */
export interface TemplateVhost {
  readonly name: string;
  /** `http_remux.mount`, with SRS's default for it; null: streams are not played by HTTP. */
  readonly mount: string | null;
  /** Children fetch its streams from elsewhere when somebody plays them. */
  readonly isEdge: boolean;
  /** SRS would let every player wait for a stream that nobody publishes. */
  readonly isHoldable: boolean;
  /** `security`: who may publish and play; null: everybody. */
  readonly security: readonly AccessRule[] | null;
  /** `out_ack_size`: bytes that an RTMP client acknowledges; 0: it is told none. */
  readonly outAckSize: number;
  /** Some child has to run its `ingest`. */
  readonly hasIngest: boolean;
  readonly hasHls: boolean;
  /** `hls.hls_window`; null: it names none. */
  readonly hlsWindowSeconds: number | null;
  /** URLs by action of `http_hooks`, none where that is off; null: it has no such block. */
  readonly hooks: Readonly<Record<string, readonly string[]>> | null;
  /** The URL that SRS asks where to forward a stream: of several the first one only. */
  readonly forwardBackend: string | null;
}

/** SRS's own `out_ack_size`. */
const OUT_ACK_SIZE = 2_500_000;
/** SRS's own where `http_remux` names none. */
const DEFAULT_MOUNT = '[vhost]/[app]/[stream].flv';

/** What makes a vhost's player more than one that waits; SRS's values that say so. */
const JUDGED: readonly (readonly [block: string, directive: string, value: string])[] = [
  // An edge fetches a stream when a player comes.
  ['cluster', 'mode', 'remote'],
  // A cluster of origins sends the player to another one.
  ['cluster', 'origin_cluster', 'on'],
  // Some players are turned away at once, by rules that the child knows.
  ['refer', 'enabled', 'on'],
];

/** Reads a directive `vhost`. */
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
    hasIngest: find(lines, 'ingest') !== undefined,
    hasHls: isOn('hls'),
    hlsWindowSeconds: seconds > 0 ? seconds : null,
    hooks: readHooks(find(lines, 'http_hooks')?.children ?? null),
    forwardBackend: isOn('forward') ? (word('forward', 'backend') ?? null) : null,
  };
}

function readHooks(block: readonly Directive[] | null): TemplateVhost['hooks'] {
  if (block === null) return null;
  if (find(block, 'enabled')?.args[0] !== 'on') return {};
  const actions = block.filter(({ name }) => name !== 'enabled');
  return Object.fromEntries(actions.map(({ name, args }) => [name, args]));
}

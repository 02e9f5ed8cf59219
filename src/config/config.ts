import type { LogLevel } from '../logging/logger.js';
import type { AccessConfig } from './access-config.js';
import type { FixedOrigin } from './fixed-origin.js';

/** Address that a listener binds. Without host: all addresses of the machine, IPv6 and IPv4. */
export interface Address {
  readonly host?: string;
  /** 0: the kernel chooses (tests). */
  readonly port: number;
}

/** Format that a vhost's `http_remux` mounts. SRS cannot serve HTTP-TS and HLS in one vhost. */
export type LiveFormat = 'flv' | 'ts' | 'mp3' | 'aac';

/** The hooks that SRS calls by POST, under SRS's names. */
export const CONFIGURED_HOOKS = [
  'on_connect',
  'on_close',
  'on_publish',
  'on_unpublish',
  'on_play',
  'on_stop',
  'on_dvr',
  'on_hls',
] as const;

/** The whole configuration, validated once and frozen. Its keys are those of the YAML file. */
export interface Config {
  readonly srs: {
    /** `auto` or a path; ignored if there are no children. */
    readonly binary: string;
    /** Path of the user's srs.conf from which the children's are made; null: the built-in one. */
    readonly template: string | null;
  };
  readonly children: {
    /** 0: only registered origins serve. */
    readonly count: 'auto' | number;
    readonly portBase: number;
    /** TCP connections per child (SRS's `max_connections`). */
    readonly maxConnections: number;
    /** Streams per child; 0: no limit. */
    readonly maxStreams: number;
    /** Megabits per second of a child's clients from which on it gets no new stream; 0: none. */
    readonly maxBitrate: number;
    /**
     * Most percent of the children that may be out at one time as hung, as crashing again and
     * again, or ejected; at least one child.
     */
    readonly maxHungPercent: number;
    /** Crashes within ten minutes after which a child stays out; 0: it always starts again. */
    readonly maxCrashes: number;
    /** Seconds after which a child that is not ready and not at work is started again. */
    readonly startSeconds: number;
    /** Has outliers get no new streams for a while. */
    readonly eject: boolean;
    /** Seconds of a first ejection; a child that is no better stays out longer each time. */
    readonly ejectSeconds: number;
    /** Seconds until a restarted child has its full share of new streams; 0: at once. */
    readonly slowStartSeconds: number;
    /** When a child is drained and replaced by a fresh process; null: never for that reason. */
    readonly recycle: {
      /** Resident bytes. */
      readonly memory: number | null;
      /** Seconds since the process was ready. */
      readonly age: number | null;
      /** Minutes after midnight, in the time zone of the supervisor. */
      readonly at: number | null;
      /** Longest wait for its streams to end, in seconds. */
      readonly drainSeconds: number;
    };
    /** nftables keeps others off the children's media ports; `on` fails without it. */
    readonly firewall: 'auto' | 'on' | 'off';
  };
  /** SRS processes that we did not start and that register with us. */
  readonly origins: {
    /** Seconds without a heartbeat after which an origin is `down`. */
    readonly ttlSeconds: number;
    /** Addresses and networks whose heartbeats need no token: SRS before 8.0.28 cannot send one. */
    readonly from: readonly string[];
    /** Bearer token to register from any address, as with `admin.token`; null: none. */
    readonly token: string | null;
    /** File that holds `token`. */
    readonly tokenFile: string | null;
    /** Addresses that a heartbeat may name besides its sender's own. */
    readonly hosts: readonly string[];
    /** Credentials of their HTTP APIs: `username:password` or `Bearer TOKEN`; null: none. */
    readonly auth: string | null;
    /** File that holds `auth`. */
    readonly authFile: string | null;
    /** Most origins that heartbeats of one address may name. */
    readonly perAddress: number;
    /** Origins fetch a stream when its first player comes, as edges do: no player waits here. */
    readonly fetchOnPlay: boolean;
    /** Origins without heartbeats; they are polled instead. */
    readonly fixed: readonly FixedOrigin[];
  };
  readonly workDir: string;
  readonly cpu: {
    /** `auto` pins if the machine permits it, `on` requires it, `off` never pins. */
    readonly pin: 'auto' | 'on' | 'off';
    /** Cores reserved for the supervisor and its relay. */
    readonly reserve: 'auto' | number;
    readonly smt: 'one-per-core' | 'every-thread';
  };
  readonly listen: {
    readonly rtmp: Address;
    /** Null: not opened. */
    readonly rtmps: Address | null;
    readonly http: Address | null;
    readonly https: Address | null;
    readonly api: Address | null;
    readonly apiHttps: Address | null;
    readonly rtc: Address | null;
    readonly srt: Address | null;
    /** Port for the other boxes; opened only with a Redis registry. */
    readonly peer: Address | null;
    readonly admin: Address;
  };
  /** PEM files for rtmps, https and apiHttps. */
  readonly tls: { readonly cert: string | null; readonly key: string | null };
  readonly proxies: {
    /** Load balancers (addresses, networks) that are trusted to report the client's address. */
    readonly trusted: readonly string[];
    /** Listeners on which trusted balancers send a PROXY protocol header. */
    readonly protocol: readonly ('rtmp' | 'rtmps' | 'http' | 'https' | 'api' | 'apiHttps')[];
  };
  /** Vhosts besides the default one, with their live format; used without a template. */
  readonly vhosts: Readonly<Record<string, LiveFormat>>;
  readonly http: {
    /** Folder that the HTTP port serves; null: the built-in pages. */
    readonly dir: string | null;
    /** Seconds that a player waits for its stream to be published. */
    readonly waitSeconds: number;
  };
  readonly hls: {
    readonly enabled: boolean;
    /** Source of segments: the shared directory (`disk`) or the owner (`child`). */
    readonly from: 'disk' | 'child';
    readonly fragmentSeconds: number;
    readonly windowSeconds: number;
  };
  /** The users' hook URLs by action. The URLs of a template's vhosts are called as well. */
  readonly hooks: Readonly<Record<(typeof CONFIGURED_HOOKS)[number], readonly string[]>> & {
    readonly timeoutSeconds: number;
  };
  readonly publish: {
    /**
     * When a new publisher gets a stream that has one: `silent`, if the present one is silent;
     * `always`; or never.
     */
    readonly takeover: 'silent' | 'refuse' | 'always';
    /** Seconds without a byte after which a publisher is silent. */
    readonly silentSeconds: number;
    /** A second RTMP publisher of a stream waits until the first one ends or is silent. */
    readonly backup: boolean;
  };
  /** Rules about publishers and players, and the keys of their tokens. */
  readonly access: AccessConfig;
  readonly rtc: {
    readonly candidates: readonly string[];
    readonly media: 'relay' | 'direct' | 'offload';
  };
  /** Callers whose stream id names no stream. */
  readonly srt: {
    /** `app/stream` */
    readonly defaultStreamId: string;
    readonly defaultMode: 'refuse' | 'play' | 'publish';
  };
  /** `memory`, or a `redis://` address. */
  readonly registry: string;
  /** File that holds `registry`; null: none. */
  readonly registryFile: string | null;
  /** Settings of the boxes that share a Redis registry. */
  readonly cluster: {
    /** Prefix of all keys in Redis. */
    readonly prefix: string;
    /** Address at which the other boxes reach this one; `auto`: its first address. */
    readonly address: string;
    /** Shared secret of the boxes; null: they do not relay for each other. */
    readonly secret: string | null;
    /** File that holds `secret`. */
    readonly secretFile: string | null;
    /** Login at Sentinels: `username:password` or `:password`; null: see `loginsOf`. */
    readonly sentinelAuth: string | null;
    /** File that holds `sentinelAuth`. */
    readonly sentinelAuthFile: string | null;
  };
  /** How the child for a new stream is chosen: there is one way, see `placement/policy.ts`. */
  readonly placement: 'least-loaded';
  readonly relay: {
    readonly engine: 'auto' | 'native' | 'portable';
    readonly threads: 'auto' | number;
  };
  /** Viewers of one stream that share one connection to its child. */
  readonly fanout: {
    readonly mode: 'auto' | 'off';
    /** Viewer of a stream, counted from 1, from which on they share. */
    readonly from: number;
    /** Seconds of a stream that are kept for viewers which fall behind. */
    readonly seconds: number;
    /** Most bytes kept of one stream on one relay thread. */
    readonly streamMemory: number;
    /** Bytes kept of all streams from which on no further stream is shared. */
    readonly memory: number;
  };
  readonly limits: {
    /** Seconds after which a client that has not named its stream is closed. */
    readonly identifySeconds: number;
    readonly connections: 'auto' | number;
    /** Per address on all ports; `auto`: a quarter of all, at most 10,000; 0: no limit. */
    readonly connectionsPerIp: 'auto' | number;
    /** Sustained new connections per second and address; 0: no limit. */
    readonly newConnectionsPerIp: number;
    /** Sustained API requests per second and address; 0: no limit. */
    readonly apiRequestsPerIp: number;
    /** WebRTC offers per second and address; 0: no limit. */
    readonly offersPerIp: number;
    /** Most players on all ports that wait for a stream without a publisher. */
    readonly heldPlayers: number;
    /** 0: no limit. */
    readonly heldPlayersPerIp: number;
    /** Most players of a stream on this box; 0: no limit, as for those below. */
    readonly viewersPerStream: number;
    /** Most streams that are published through this box. */
    readonly streams: number;
    readonly streamsPerIp: number;
    /** Most megabits per second of a publisher, on average of ten seconds. */
    readonly publishBitrate: number;
  };
  /** Longest wait for clients after SIGQUIT, in seconds. */
  readonly drain: { readonly seconds: number };
  readonly api: {
    /** Clients that may change state through SRS's HTTP API: see `ApiAccess.changes`. */
    readonly changes: 'local' | 'token' | 'open';
    /** Bearer token for the whole API. */
    readonly token: string | null;
    /** File that holds `token`. */
    readonly tokenFile: string | null;
    /** HTTP Basic credentials; without them SRS's `http_api.auth` of the template applies. */
    readonly username: string | null;
    readonly password: string | null;
    /** File that holds `password`. */
    readonly passwordFile: string | null;
  };
  /** Bearer token of the admin server; required unless it listens on loopback. */
  readonly admin: {
    readonly token: string | null;
    /** File that holds `token`. */
    readonly tokenFile: string | null;
  };
  readonly metrics: {
    /** Most streams with series of their own in /metrics; 0: none. */
    readonly streams: number;
  };
  readonly log: {
    readonly level: LogLevel;
    /** `auto`: text where a person reads it on a terminal, JSON elsewhere. */
    readonly format: 'auto' | 'text' | 'json';
    /** Most lines a second, at info, about clients that have ended; 0: none. */
    readonly connections: number;
  };
}

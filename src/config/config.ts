import type { LogLevel } from '../logging/logger.js';
import type { FixedOrigin } from './fixed-origin.js';

/** Where a listener binds. No host: every address of the machine, IPv6 and IPv4. */
export interface Address {
  readonly host?: string;
  /** 0 lets the kernel choose (tests). */
  readonly port: number;
}

/** What a vhost's `http_remux` mounts. SRS cannot have HTTP-TS and HLS in one vhost. */
export type LiveFormat = 'flv' | 'ts' | 'mp3' | 'aac';

/** The hooks that SRS calls by POST, by its own names. */
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

/** The whole configuration, validated once and frozen. Key for key the YAML file of the contract. */
export interface Config {
  readonly srs: {
    /** `auto`, or a path; not looked for where there are no children. */
    readonly binary: string;
    /** Path of the user's own srs.conf that each child's is made from; null: ours. */
    readonly template: string | null;
  };
  readonly children: {
    /** 0: only origins that register serve. */
    readonly count: 'auto' | number;
    readonly portBase: number;
    /** TCP connections one child takes (SRS `max_connections`). */
    readonly maxConnections: number;
    /** Of our children, so many percent are given up as hung at one time; one at least. */
    readonly maxHungPercent: number;
    /** Whether nftables keeps others off the children's media ports; `on` insists. */
    readonly firewall: 'auto' | 'on' | 'off';
  };
  /** SRS origins that we did not start, and that register with us. */
  readonly origins: {
    /** After so long without a heartbeat one is taken as gone. */
    readonly ttlSeconds: number;
    /** Whose heartbeats are taken, without a token: SRS cannot send one. Addresses and networks. */
    readonly from: readonly string[];
    /** Lets its bearer register from anywhere, as `admin.token` does; null: there is none. */
    readonly token: string | null;
    /** Addresses that a heartbeat may name besides its sender's own. */
    readonly hosts: readonly string[];
    /** What their HTTP APIs ask for: `username:password` or `Bearer TOKEN`; null: nothing. */
    readonly auth: string | null;
    /** Origins that heartbeats of one address may name. */
    readonly perAddress: number;
    /** Those that send none: they are asked instead. */
    readonly fixed: readonly FixedOrigin[];
  };
  readonly workDir: string;
  readonly cpu: {
    /** `auto` pins where the machine lets us, `on` insists, `off` never does. */
    readonly pin: 'auto' | 'on' | 'off';
    /** How many cores are kept for the supervisor and its relay. */
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
    /** For the other boxes of a Redis registry; opened only with one. */
    readonly peer: Address | null;
    readonly admin: Address;
  };
  /** PEM files for rtmps, https and apiHttps. */
  readonly tls: { readonly cert: string | null; readonly key: string | null };
  readonly proxies: {
    /** Load balancers whose word on the client's address is taken: addresses and networks. */
    readonly trusted: readonly string[];
    /** Listeners where these begin a connection with the PROXY protocol. */
    readonly protocol: readonly ('rtmp' | 'rtmps' | 'http' | 'https' | 'api' | 'apiHttps')[];
  };
  /** Vhosts besides the default one where there is no template, and how each is played by HTTP. */
  readonly vhosts: Readonly<Record<string, LiveFormat>>;
  readonly http: {
    /** Folder of files that the HTTP port shows; null: our own pages. */
    readonly dir: string | null;
    /** How long a player waits for its stream to be published. */
    readonly waitSeconds: number;
  };
  readonly hls: {
    readonly enabled: boolean;
    /** Who sends segments: we, from the shared directory, or the owner. */
    readonly from: 'disk' | 'child';
    readonly fragmentSeconds: number;
    readonly windowSeconds: number;
  };
  /** The users' own URLs by action; of a template's vhosts its own count besides. */
  readonly hooks: Readonly<Record<(typeof CONFIGURED_HOOKS)[number], readonly string[]>> & {
    readonly timeoutSeconds: number;
  };
  readonly rtc: {
    readonly candidates: readonly string[];
    readonly media: 'relay' | 'direct' | 'offload';
  };
  /** `memory`, or a `redis://` address. */
  readonly registry: string;
  /** A file that holds `registry`; null: it is as it stands. */
  readonly registryFile: string | null;
  /** Of the boxes that share a Redis registry. */
  readonly cluster: {
    /** Begins the names of all keys in Redis. */
    readonly prefix: string;
    /** Where the other boxes reach this one; auto: its first address. */
    readonly address: string;
    /** By which boxes know each other; null: they do not relay for each other. */
    readonly secret: string | null;
    /** A file that holds `secret`. */
    readonly secretFile: string | null;
    /**
     * What Sentinels ask for: `username:password` or `:password`; null: nothing, or the same as the
     * address's own.
     */
    readonly sentinelAuth: string | null;
  };
  readonly placement: 'least-loaded';
  readonly relay: {
    readonly engine: 'auto' | 'native' | 'portable';
    readonly threads: 'auto' | number;
  };
  readonly limits: {
    /** A client that has not said what it wants by then is closed. */
    readonly identifySeconds: number;
    readonly connections: 'auto' | number;
    /** On all ports together; `auto`: a quarter of all, 10,000 at most; 0: no limit. */
    readonly connectionsPerIp: 'auto' | number;
    /** Requests a second that one address may go on making of the API; 0: no limit. */
    readonly apiRequestsPerIp: number;
    /** WebRTC offers a second of one address; 0: no limit. */
    readonly offersPerIp: number;
    /** Players that wait for streams that nobody publishes, on all ports. */
    readonly heldPlayers: number;
    /** 0: no limit. */
    readonly heldPlayersPerIp: number;
  };
  /** An end that waits for clients (SIGQUIT) waits no longer than this. */
  readonly drain: { readonly seconds: number };
  readonly api: {
    /** Who may change something by SRS's HTTP API: see `ApiAccess.changes`. */
    readonly changes: 'local' | 'token' | 'open';
    /** Opens the whole API as `Authorization: Bearer …`. */
    readonly token: string | null;
    /** HTTP Basic, as SRS's `http_api.auth`, which holds where there is none here. */
    readonly username: string | null;
    readonly password: string | null;
  };
  /** What the admin server asks for as `Authorization: Bearer …`; needed where it is not on loopback. */
  readonly admin: {
    readonly token: string | null;
    /** A file that holds `token`. */
    readonly tokenFile: string | null;
  };
  readonly log: {
    readonly level: LogLevel;
    /** `auto`: text where a person reads it on a terminal, JSON elsewhere. */
    readonly format: 'auto' | 'text' | 'json';
  };
}

import type { LogLevel } from '../logger.js';

/** Where a listener binds. No host: every address of the machine, IPv6 and IPv4. */
export interface Address {
  readonly host?: string;
  /** 0 lets the kernel choose (tests). */
  readonly port: number;
}

/** The whole configuration, validated once and frozen. Key for key the YAML file of the contract. */
export interface Config {
  readonly srs: {
    /** `auto`, or a path. */
    readonly binary: string;
    /** Path of the user's own srs.conf that each child's is made from; null: ours. */
    readonly template: string | null;
  };
  readonly children: {
    readonly count: 'auto' | number;
    readonly portBase: number;
    /** TCP connections one child takes (SRS `max_connections`). */
    readonly maxConnections: number;
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
    readonly http: Address;
    readonly api: Address;
    readonly rtc: Address;
    readonly srt: Address;
    readonly admin: Address;
  };
  readonly rtc: { readonly candidates: readonly string[]; readonly media: 'relay' | 'direct' };
  /** `memory`, or a `redis://` address. */
  readonly registry: string;
  readonly placement: 'least-loaded';
  readonly relay: {
    readonly engine: 'auto' | 'native' | 'portable';
    readonly threads: 'auto' | number;
  };
  readonly limits: {
    /** A client that has not said what it wants by then is closed. */
    readonly identifySeconds: number;
    readonly connections: 'auto' | number;
    /** 0: no limit. */
    readonly connectionsPerIp: number;
  };
  /** What the admin server asks for as `Authorization: Bearer …`; needed where it is not on loopback. */
  readonly admin: { readonly token: string | null };
  readonly log: { readonly level: LogLevel };
}

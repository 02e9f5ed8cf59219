import type { Bounds } from '../child-access/exchange.js';
import type { WaitingPlayer } from '../listener/held-hooks.js';
import type { OwnerRef } from '../owner.js';
import type { StreamStatus } from '../placement/types.js';
import type { AliasClient } from './addresses.js';

/** A child, as far as the merged API needs it. */
export interface ApiChild extends OwnerRef {
  /** The child serves clients. Children that do not are neither polled nor shown. */
  readonly ready: boolean;
  /** It lacks CPU time to answer, so its last snapshot stays valid. */
  readonly busy?: boolean;
  /** Null while it has no process. */
  readonly pid: number | null;
  /** Its host, if not 127.0.0.1. */
  readonly host?: string;
  /** Port of its own HTTP API. */
  readonly port: number;
  /** `Authorization` header for its API, or null. */
  readonly authorization: string | null;
  /** Limits on its answers. */
  readonly bounds: Bounds;
}

/** Identity of the merged server, the same for any number of children. */
export interface ApiIdentity {
  /** `vid-` and seven characters; the same after restarts. */
  readonly server: string;
  /** Eight characters; new at each start. */
  readonly service: string;
  readonly pid: number;
  readonly ppid: number;
  readonly argv: string;
  readonly cwd: string;
  /** The children's SRS release: `7.0.18`. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Settings of the children's config that affect the API. */
export interface ApiRules {
  /** `Authorization` header of our children (`http_api.auth`); null: none. */
  readonly authorization: string | null;
  /** Pages of other sites may read answers (`http_server.crossdomain`). */
  readonly crossdomain: boolean;
  /** `http_api.raw_api`. */
  readonly raw: { readonly enabled: boolean; readonly allowReload: boolean };
  /** `/metrics` is on (`exporter`). */
  readonly metrics: boolean;
  /** Returns the names of the vhosts; any other host is the default one. */
  readonly vhosts: () => readonly string[];
}

/** Public ports, for answers that name them; null: not open. */
interface ApiPorts {
  readonly rtmp: number | null;
  readonly api: number | null;
  /** Address of the API port as a config has it: `1985` or `127.0.0.1:1985`. */
  readonly listen: string;
}

/** Source of the merged API. `children` must be cheap: it is called at least once per request. */
export interface ApiSource {
  readonly identity: ApiIdentity;
  readonly rules: ApiRules;
  /** Ordered by id. */
  children(): readonly ApiChild[];
  /** Returns the players that wait without a child: the same array while nothing changes. */
  held(): readonly WaitingPlayer[];
  /** Closes a player that waits without a child, by the id users know; false if there is none. */
  endHeld(id: string): boolean;
  /** Returns each stream with its child. */
  streams(): Promise<readonly StreamStatus[]>;
  /** Returns the client behind a loopback alias; null if the alias is unused. */
  clientOf(alias: string): Promise<AliasClient | null>;
  /** Source address of our own clients, which are not shown. */
  readonly ownAddress: string;
  ports(): ApiPorts;
  /** Rewrites the children's configs before a reload; rejects with the reason if it cannot. */
  renewConfs(): Promise<void>;
}

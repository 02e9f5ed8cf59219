import type { Bounds } from '../child/exchange.js';
import type { OwnerRef } from '../owner.js';
import type { StreamStatus } from '../placement/types.js';

/** A child, as far as the merged API has to know it. */
export interface ApiChild extends OwnerRef {
  /** Whether it serves clients: nothing is asked of it, or told of it, while it does not. */
  readonly ready: boolean;
  /** It does not answer for want of CPU: what it said before is the best that can be had. */
  readonly busy?: boolean;
  /** Null while no process lives. */
  readonly pid: number | null;
  /** Where it is, if not at 127.0.0.1. */
  readonly host?: string;
  /** Port of its own HTTP API. */
  readonly port: number;
  /** The `Authorization` that it asks for, or null. */
  readonly authorization: string | null;
  /** What its answers may come to. */
  readonly bounds: Bounds;
}

/** Who answers: one server to the outside, however many children there are. */
export interface ApiIdentity {
  /** `vid-` and seven signs; stays the same over restarts. */
  readonly server: string;
  /** Eight signs; another one at each start. */
  readonly service: string;
  readonly pid: number;
  readonly ppid: number;
  /** The command line. */
  readonly argv: string;
  readonly cwd: string;
  /** The SRS release that children run: `7.0.18`. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What of the children's config decides how the API behaves. */
export interface ApiRules {
  /** The `Authorization` that our children want (`http_api.auth`); null: none. */
  readonly authorization: string | null;
  /** Whether pages of other sites may read answers (`http_server.crossdomain`). */
  readonly crossdomain: boolean;
  /** `http_api.raw_api`. */
  readonly raw: { readonly enabled: boolean; readonly allowReload: boolean };
  /** Whether `/metrics` answers (`exporter`). */
  readonly metrics: boolean;
  /** Names of the vhosts; any other host is the default one. */
  readonly vhosts: readonly string[];
}

/** Ports that clients come to, for answers that name them; null while closed. */
interface ApiPorts {
  readonly rtmp: number | null;
  readonly api: number | null;
}

/** What the merged API is made of. `children` is asked at each request and more often: it must be cheap. */
export interface ApiSource {
  readonly identity: ApiIdentity;
  readonly rules: ApiRules;
  /** In the order of their ids. */
  children(): readonly ApiChild[];
  /** Ends a player that waits in no child, by the id that users know; false where there is none. */
  endHeld(id: string): boolean;
  /** Which child has which stream. */
  streams(): Promise<readonly StreamStatus[]>;
  /** The true address of the client behind a loopback alias; null when it is nobody's. */
  clientOf(alias: string): Promise<string | null>;
  /** Where clients of our own come from: nobody is shown them. */
  readonly ownAddress: string;
  ports(): ApiPorts;
  /** Writes the children's configs anew before they reload them; rejects with why it cannot. */
  renewConfs(): Promise<void>;
}

import type { HookSubject } from './hooks.js';
import type { Exchange } from './http/reply.js';
import type { Source } from './media/source.js';

/** An accepted publisher and its source. */
export interface Publication {
  readonly source: Source;
  readonly subject: HookSubject;
}

/**
 * A part of the origin besides RTMP, HTTP-FLV and the API. The Origin starts it, tells it of
 * publishers, offers it requests before its own routes, and closes it.
 */
export interface Service {
  start?(): Promise<void>;
  published?(publication: Publication): void;
  /** Answers a request to the API port, or resolves to false at once. */
  api?(exchange: Exchange): Promise<boolean>;
  /** The same for the HTTP server's port. */
  web?(exchange: Exchange): Promise<boolean>;
  close?(): Promise<void>;
}

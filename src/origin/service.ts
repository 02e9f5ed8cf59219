import type { HookSubject } from './hooks.js';
import type { Exchange } from './http/reply.js';
import type { Source } from './media/source.js';

/** A publisher that was let in, and its source. */
export interface Publication {
  readonly source: Source;
  readonly subject: HookSubject;
}

/**
 * A part of the origin that stands beside RTMP, HTTP-FLV and the API. The Origin starts it, tells it
 * who publishes, offers it requests before anybody else, and closes it.
 */
export interface Service {
  start?(): Promise<void>;
  published?(publication: Publication): void;
  /** Answers a request to the API port, or resolves false at once. */
  api?(exchange: Exchange): Promise<boolean>;
  /** The same for the HTTP server's port. */
  web?(exchange: Exchange): Promise<boolean>;
  close?(): Promise<void>;
}

import type { StreamName } from '../stream-key.js';

/** A client's request: the stream with its vhost resolved, and the client's own fields. */
export interface StreamRequest extends StreamName {
  /** Parameters behind the stream's name, with the `?`, or ''. */
  readonly param: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
}

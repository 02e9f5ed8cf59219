import type { StreamName } from '../stream-key.js';

/** What a client asks for, its vhost resolved, and what it says of itself. */
export interface StreamRequest extends StreamName {
  /** Query behind the stream's name, `?` included, or ''. */
  readonly param: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
}

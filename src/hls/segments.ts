import { type Exchange, ImmutableFiles } from '../files/immutable.js';
import type { Route } from '../listener/route.js';
import type { OwnerRef } from '../owner.js';
import { type SegmentName, writerName } from '../protocol/hls/names.js';
import type { StreamKey } from '../stream-key.js';
import { type Ask, askChild, type ChildAddress } from './ask-child.js';
import { FarSegments } from './far-segments.js';
import { passOn } from './pass-on.js';

export interface SegmentOptions {
  /** The directory that all children write HLS below. */
  readonly root: string;
  readonly windowSeconds: number;
  readonly cacheBytes: number;
  /** Where that life of a child answers; null: it has ended. Absent: segments come from disk. */
  readonly child?: (writer: OwnerRef) => ChildAddress | null;
  /** Where a stream lives, without placing it. */
  readonly find: (stream: StreamKey) => Promise<Route | null>;
}

/** What a segment request names. */
export interface SegmentAsk {
  readonly vhost: string;
  readonly segment: SegmentName;
  /** For the child, where it is to send the segment. */
  readonly ask: () => Ask;
}

/** Segments of all children, alive or not; those of other boxes come from there. */
export class Segments {
  readonly #options: SegmentOptions;
  readonly #files: ImmutableFiles;
  readonly #far: FarSegments;

  constructor(options: SegmentOptions) {
    const { root, windowSeconds, cacheBytes } = options;
    this.#options = options;
    this.#files = new ImmutableFiles({ root, cacheBytes, maxAgeSeconds: windowSeconds });
    this.#far = new FarSegments(options);
  }

  get cachedBytes(): number {
    return this.#files.bytes + this.#far.cachedBytes;
  }

  reply(named: SegmentAsk, exchange: Exchange): unknown {
    const { writer } = named.segment;
    const child = exchange.request.method === 'GET' ? this.#options.child?.(writer) : undefined;
    return child ? this.#pass(child, named, exchange) : this.#fromDisk(named, exchange);
  }

  #fromDisk(named: SegmentAsk, exchange: Exchange): unknown {
    return this.#files.reply(fileOf(named), exchange, () => this.#far.reply(named, exchange));
  }

  /** The child counts the bytes for its viewer; where it has none to send, the file is sent. */
  async #pass(child: ChildAddress, named: SegmentAsk, exchange: Exchange): Promise<unknown> {
    const response = await askChild(child, named.ask(), 'segment').catch(() => null);
    if (response !== null && response.statusCode !== 404) return passOn(response, exchange);
    response?.resume();
    return this.#fromDisk(named, exchange);
  }
}

/** A segment of an origin that we did not start. Rejects where that does not answer. */
export async function segmentOf(origin: ChildAddress, ask: Ask, exchange: Exchange) {
  return passOn(await askChild(origin, ask, 'segment'), exchange);
}

/** Below the directory that all children write to. */
function fileOf({ segment: { writer, path }, vhost }: SegmentAsk): string {
  return `${writerName(writer)}/${vhost}/${path}`;
}

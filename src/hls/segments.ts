import { type Exchange, ImmutableFiles } from '../files/immutable.js';
import type { OwnerRef } from '../owner.js';
import { writerName } from '../protocol/hls/names.js';
import { type Ask, askChild, type HlsChild } from './ask-child.js';
import { type FarSegmentOptions, FarSegments, type SegmentAsk } from './far-segments.js';
import { passOn } from './pass-on.js';

export interface SegmentOptions extends FarSegmentOptions {
  /** Directory below which all children write HLS. */
  readonly root: string;
  /**
   * Returns the address of that life of a child; null: segments are read from disk, because the
   * child has ended or by the configuration.
   */
  readonly child?: (writer: OwnerRef) => HlsChild | null;
}

/** Serves segments of all children, ended ones included. Those of other boxes come from there. */
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

  reply(named: SegmentAsk, exchange: Exchange): unknown {
    const { writer } = named.segment;
    const child = exchange.request.method === 'GET' ? this.#options.child?.(writer) : undefined;
    return child ? this.#pass(child, named, exchange) : this.#fromDisk(named, exchange);
  }

  #fromDisk(named: SegmentAsk, exchange: Exchange): unknown {
    return this.#files.reply(fileOf(named), exchange, () => this.#far.reply(named, exchange));
  }

  /**
   * Gets the segment from the child, which counts the bytes for its viewer. If it has none, the
   * file is sent.
   */
  async #pass(child: HlsChild, named: SegmentAsk, exchange: Exchange): Promise<unknown> {
    const response = await askChild(child, named.ask(), 'hlsSegment').catch(() => null);
    if (response !== null && response.statusCode !== 404) return passOn(response, exchange);
    response?.resume();
    return this.#fromDisk(named, exchange);
  }
}

/** Gets a segment from an origin that we did not start. Rejects if it does not answer. */
export async function segmentOf(origin: HlsChild, ask: Ask, exchange: Exchange) {
  return passOn(await askChild(origin, ask, 'hlsSegment'), exchange);
}

/** Path below the directory to which all children write. */
function fileOf({ segment: { writer, path }, vhost }: SegmentAsk): string {
  return `${writerName(writer)}/${vhost}/${path}`;
}

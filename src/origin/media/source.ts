import { vid } from '../ids.js';
import { Batch } from './batch.js';
import { GopCache } from './gop-cache.js';
import { isFrame, type Packet, toPacket } from './packet.js';
import type { Feed, Sink } from './sink.js';
import { Timeline } from './timeline.js';

const MAX_BATCH_PACKETS = 128;
const MAX_BATCH_BYTES = 1024 * 1024;

/** SRS's order. */
const HEADER_ORDER = ['data', 'audio', 'video'] as const;

/** A stream's name as SRS prints it in its API and hooks. */
export interface SourceName {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** `/app/stream` in the default vhost, `vhost/app/stream` elsewhere. */
  readonly url: string;
}

export interface SourceOptions {
  readonly tcUrl: string;
  readonly gopCache: boolean;
  /** Milliseconds for which packets are collected before they are written together. */
  readonly flushMs: number;
}

/** One stream: at most one publisher, and its players, which may come before and stay after it. */
export class Source implements Feed {
  readonly id = vid();
  readonly name: SourceName;
  /** The tcUrl of its first client. */
  readonly tcUrl: string;
  readonly has = { audio: false, video: false };
  readonly #gop: GopCache;
  readonly #flushMs: number;
  readonly #timeline = new Timeline();
  readonly #sinks = new Set<Sink>();
  readonly #headers = new Map<Packet['kind'], Packet>();
  #publisher: string | null = null;
  #pending: Packet[] = [];
  #pendingBytes = 0;
  #flushedAt = 0;
  /** The present publisher has sent a frame. */
  #started = false;
  #timer: NodeJS.Timeout | null = null;
  /** Video frames of the present publisher. */
  frames = 0;
  /** Id of the last publisher, which SRS shows even after it has left. */
  publisherId = '';

  constructor(name: SourceName, { tcUrl, gopCache, flushMs }: SourceOptions) {
    this.name = name;
    this.tcUrl = tcUrl;
    this.#gop = new GopCache(gopCache);
    this.#flushMs = flushMs;
  }

  get publishing(): boolean {
    return this.#publisher !== null;
  }

  /** Returns the configuration of a kind of media, or the metadata; undefined before it is sent. */
  header(kind: Packet['kind']): Packet | undefined {
    return this.#headers.get(kind);
  }

  /** Takes the stream for a publisher; false if it has one. */
  publish(clientId: string): boolean {
    if (this.#publisher !== null) return false;
    this.#publisher = clientId;
    this.publisherId = clientId;
    this.frames = 0;
    this.#timeline.restart();
    return true;
  }

  /** Ends the publisher. RTMP players stay; those of HTTP are closed. */
  unpublish(): void {
    this.flush();
    this.#publisher = null;
    this.#started = false;
    this.#hold([]);
    this.#gop.clear();
    this.#headers.clear();
    this.has.audio = false;
    this.has.video = false;
    for (const sink of [...this.#sinks]) sink.ended();
  }

  /**
   * Takes a message of the publisher. Metadata and sequence headers get the current time, because
   * some encoders repeat them with time 0. RTMP players get it on chunk stream `csid`.
   */
  push(typeId: number, timestamp: number, payload: Buffer, csid?: number): void {
    const raw = toPacket(typeId, timestamp, payload, csid);
    const timeless = raw.kind === 'data' || raw.sequenceHeader;
    const placed = timeless ? this.#timeline.now : this.#timeline.place(timestamp);
    const packet = { ...raw, timestamp: placed };
    if (packet.keyframe) this.flush();
    this.#note(packet);
    this.#pending.push(packet);
    this.#pendingBytes += payload.length;
    this.#schedule();
  }

  /** Adds a sink, which gets the cached media at once and all further media. */
  join(sink: Sink): void {
    this.flush();
    this.#sinks.add(sink);
    if (this.publishing) sink.start(this, this.#gop.batches);
  }

  leave(sink: Sink): void {
    this.#sinks.delete(sink);
  }

  headers(before: Batch): Batch {
    const timestamp = before.packets[0]?.timestamp ?? 0;
    const packets = HEADER_ORDER.flatMap((kind) => this.#headers.get(kind) ?? []);
    const missing = packets.filter((packet) => !before.packets.includes(packet));
    return new Batch(missing.map((packet) => ({ ...packet, timestamp })));
  }

  /** Sends pending packets now. Headers wait for the first frame. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#pending.length === 0 || !this.#started) return;
    const batch = new Batch(this.#pending);
    this.#hold([]);
    this.#flushedAt = performance.now();
    this.#gop.push(batch);
    for (const sink of this.#sinks) sink.write(batch, this);
  }

  #hold(packets: Packet[]): void {
    this.#pending = packets;
    this.#pendingBytes = packets.reduce((sum, { payload }) => sum + payload.length, 0);
  }

  #note(packet: Packet): void {
    if (packet.kind === 'data' || packet.sequenceHeader) this.#headers.set(packet.kind, packet);
    if (packet.kind !== 'data') this.has[packet.kind] = true;
    if (!isFrame(packet)) return;
    this.#started = true;
    if (packet.kind === 'video') this.frames++;
  }

  /**
   * Schedules a write: the first frame is sent at once with the headers before it, later packets
   * together, one write per `flushMs`.
   */
  #schedule(): void {
    const full = this.#pending.length >= MAX_BATCH_PACKETS || this.#pendingBytes >= MAX_BATCH_BYTES;
    if (!this.#started) {
      // Of repeated headers only the last of each kind is kept.
      if (full) this.#hold([...this.#headers.values()]);
      return;
    }
    if (full) this.flush();
    if (full || this.#timer !== null) return;
    const wait = Math.max(0, this.#flushedAt + this.#flushMs - performance.now());
    this.#timer = setTimeout(() => this.flush(), wait);
  }
}

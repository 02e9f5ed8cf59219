import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../errors.js';
import type { HlsConf } from '../conf/hls.js';
import type { Batch } from '../media/batch.js';
import { isFrame, type Packet } from '../media/packet.js';
import type { Feed, Sink } from '../media/sink.js';
import type { SourceName } from '../media/source.js';
import { codecOf } from '../ts/frames.js';
import { TsMuxer } from '../ts/muxer.js';
import { below, fillStream, fillTime } from './names.js';
import { expiredBy, printPlaylist, type Segment } from './playlist.js';
import { SegmentFile } from './segment-file.js';

/** Milliseconds. SRS drops shorter segments, and ends none before twice this. */
const MIN_MS = 100;

/** A finished segment and the playlist that lists it. */
export interface Written {
  readonly segment: Segment;
  readonly m3u8: string;
  readonly m3u8Url: string;
}

export interface HlsEvents {
  written(written: Written): void;
  failed(reason: string): void;
  ended(): void;
}

interface Current {
  readonly out: SegmentFile;
  readonly uri: string;
  firstMs: number;
  lastMs: number;
  discontinuity: boolean;
}

/** The HLS files of one stream. Publishers may follow one another; the numbering continues. */
export class HlsStream implements Sink {
  readonly #conf: HlsConf;
  readonly #name: SourceName;
  readonly #events: HlsEvents;
  #muxer = new TsMuxer();
  readonly #m3u8Url: string;
  #segments: Segment[] = [];
  #current: Current | null = null;
  #seq = 0;
  #broken = false;

  constructor(conf: HlsConf, name: SourceName, events: HlsEvents) {
    this.#conf = conf;
    this.#name = name;
    this.#events = events;
    this.#m3u8Url = fillStream(conf.m3u8File, name);
  }

  start(_feed: Feed, batches: readonly Batch[]): void {
    for (const batch of batches) this.write(batch);
  }

  /** A disk error ends HLS for this publisher; players of other protocols are not affected. */
  write(batch: Batch): void {
    if (this.#broken) return;
    try {
      for (const packet of batch.packets) this.#take(packet);
    } catch (error) {
      this.#broken = true;
      this.#events.failed(messageOf(error));
    }
  }

  /** The publisher has left: the unfinished segment becomes the last one. */
  ended(): void {
    try {
      this.#close();
    } catch (error) {
      this.#events.failed(messageOf(error));
    }
    this.#broken = false;
    this.#muxer = new TsMuxer();
    this.#events.ended();
  }

  /** Removes all files. */
  wipe(): void {
    this.#current?.out.drop();
    this.#current = null;
    for (const { file } of this.#segments) rmSync(file, { force: true });
    this.#segments = [];
    const m3u8 = below(this.#conf.path, this.#m3u8Url);
    if (m3u8 !== null) rmSync(m3u8, { force: true });
  }

  #take(packet: Packet): void {
    if (codecOf(packet) === null) return;
    if (isFrame(packet) && this.#current !== null && this.#isDue(this.#current, packet)) {
      this.#current.lastMs = packet.timestamp;
      this.#close();
    }
    this.#current ??= this.#open(packet.timestamp);
    if (packet.sequenceHeader) this.#current.discontinuity = true;
    this.#current.lastMs = Math.max(this.#current.lastMs, packet.timestamp);
    this.#current.out.write(this.#muxer.write([packet]));
  }

  #isDue({ firstMs }: Current, { kind, keyframe, timestamp }: Packet): boolean {
    const { fragment, tdRatio, aofRatio, waitKeyframe } = this.#conf;
    const length = timestamp - firstMs;
    if (length < 2 * MIN_MS) return false;
    if (kind === 'audio') return length >= fragment * aofRatio * 1000;
    return length >= fragment * tdRatio * 1000 && (keyframe || !waitKeyframe);
  }

  #open(firstMs: number): Current {
    const { path: dir, tsFile, entryPrefix } = this.#conf;
    const name = fillTime(fillStream(tsFile, this.#name), new Date());
    const file = below(dir, name.replaceAll('[seq]', String(this.#seq)));
    if (file === null) throw new Error(`stream ${this.#name.url} cannot be a file of ${dir}`);
    this.#muxer.restart();
    const folder = path.dirname(path.resolve(dir, this.#m3u8Url));
    const prefix = entryPrefix === '' ? '' : `${entryPrefix.replace(/\/$/, '')}/`;
    const place = prefix === '' ? folder : path.resolve(dir);
    const uri = `${prefix}${path.relative(place, file)}`;
    return { out: new SegmentFile(file), uri, firstMs, lastMs: firstMs, discontinuity: false };
  }

  #close(): void {
    if (this.#current === null) return;
    const { out, uri, firstMs, lastMs, discontinuity } = this.#current;
    this.#current = null;
    const durationMs = lastMs - firstMs;
    if (durationMs < MIN_MS) {
      out.drop();
      return;
    }
    const named = (text: string): string => text.replaceAll('[duration]', String(durationMs));
    const file = named(out.file);
    out.finish(file);
    this.#list({ seq: this.#seq++, file, uri: named(uri), durationMs, discontinuity });
  }

  #list(segment: Segment): void {
    const { window, fragment, tdRatio, cleanup, path: dir } = this.#conf;
    this.#segments.push(segment);
    const expired = this.#segments.splice(0, expiredBy(this.#segments, window * 1000));
    const m3u8 = below(dir, this.#m3u8Url);
    if (m3u8 === null) throw new Error(`playlist ${this.#m3u8Url} cannot be a file of ${dir}`);
    mkdirSync(path.dirname(m3u8), { recursive: true });
    writeFileSync(`${m3u8}.temp`, printPlaylist(this.#segments, fragment * tdRatio * 1000));
    renameSync(`${m3u8}.temp`, m3u8);
    if (cleanup) for (const { file } of expired) rmSync(file, { force: true });
    this.#events.written({ segment, m3u8, m3u8Url: this.#m3u8Url });
  }
}

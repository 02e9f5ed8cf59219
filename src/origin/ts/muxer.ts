import type { Packet } from '../media/packet.js';
import { type Codec, codecOf, type Frame, Frames } from './frames.js';
import { TsPackets } from './packets.js';
import { PAT_PID, PMT_PID, pat, pmt } from './sections.js';

const VIDEO = { pid: 0x100, streamId: 0xe0 };
const AUDIO = { pid: 0x101, streamId: 0xc0 };
const PLACES = { h264: VIDEO, h265: VIDEO, aac: AUDIO, mp3: AUDIO };
/** `stream_type` by codec. */
const TYPES: Readonly<Record<Codec, number>> = { h264: 0x1b, h265: 0x24, aac: 0x0f, mp3: 0x03 };
const CLOCK_PER_MS = 90;

/**
 * Muxes a publisher's packets, sequence headers included, to one MPEG transport stream. Continuity
 * counters continue across `restart`, so that joined segments are one stream.
 */
export class TsMuxer {
  readonly #frames = new Frames();
  readonly #packets = new TsPackets();
  readonly #codecs = new Map<number, Codec>();
  #version = 0;
  #tablesDue = true;

  /** Begins another file: the tables are repeated before its first frame. */
  restart(): void {
    this.#tablesDue = true;
  }

  /** Returns the TS packets of the frames in `packets`; empty if there are none. */
  write(packets: readonly Packet[]): Buffer {
    for (const packet of packets) this.#note(codecOf(packet));
    return Buffer.concat(packets.flatMap((packet) => this.#encode(this.#frames.next(packet))));
  }

  #note(codec: Codec | null): void {
    if (codec === null || this.#codecs.get(PLACES[codec].pid) === codec) return;
    this.#codecs.set(PLACES[codec].pid, codec);
    this.#version++;
    this.#tablesDue = true;
  }

  #encode(frame: Frame | null): Buffer[] {
    if (frame === null) return [];
    const { codec, keyframe, data } = frame;
    const place = PLACES[codec];
    const times = { pts: frame.pts * CLOCK_PER_MS, dts: frame.dts * CLOCK_PER_MS };
    const clock = place.pid === this.#clockPid();
    const unit = this.#packets.unit({ ...place, ...times, keyframe, data, clock });
    return [...this.#tables(), unit];
  }

  #tables(): Buffer[] {
    if (!this.#tablesDue) return [];
    this.#tablesDue = false;
    const streams = [...this.#codecs].map(([pid, codec]) => ({ pid, type: TYPES[codec] }));
    const map = pmt(streams, this.#clockPid(), this.#version);
    return [this.#packets.section(PAT_PID, pat()), this.#packets.section(PMT_PID, map)];
  }

  #clockPid(): number {
    return this.#codecs.has(VIDEO.pid) ? VIDEO.pid : AUDIO.pid;
  }
}

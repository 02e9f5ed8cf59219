import { encodeMessage } from '../../protocol/rtmp/chunk-writer.js';
import { ChunkStream } from '../../protocol/rtmp/message.js';
import { flvTag } from './flv.js';
import { isFrame, type Packet } from './packet.js';

/** The chunk size that we announce to every RTMP client, as SRS does. */
export const OUT_CHUNK_SIZE = 60_000;
/** SRS has one message stream a connection, and this is its id. */
export const STREAM_ID = 1;

/** Where the publisher has no chunk streams of its own. */
const CSID = { audio: ChunkStream.audio, video: ChunkStream.video, data: ChunkStream.onStatus };

export type Format = 'rtmp' | 'flv';

/** Puts bytes into one chunk of an HTTP/1.1 body (RFC 9112 §7.1). */
export function httpChunk(parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), ...parts, Buffer.from('\r\n')]);
}

function encodeRtmp(packet: Packet): Buffer {
  const message = { ...packet, csid: packet.csid ?? CSID[packet.kind], streamId: STREAM_ID };
  return encodeMessage(message, OUT_CHUNK_SIZE);
}

const ENCODERS: Readonly<Record<Format, (packets: readonly Packet[]) => Buffer>> = {
  rtmp: (packets) => Buffer.concat(packets.map(encodeRtmp)),
  flv: (packets) => httpChunk(packets.map(flvTag)),
};

/**
 * Packets that are written together. Each format is encoded once, when its first player needs it,
 * and the same bytes go to all players.
 */
export class Batch {
  readonly packets: readonly Packet[];
  readonly #encoded = new Map<Format, Buffer>();

  constructor(packets: readonly Packet[]) {
    this.packets = packets;
  }

  /** Its first frame is a keyframe. One never stands further back: the source sees to that. */
  get startsAtKeyframe(): boolean {
    return this.packets.find(isFrame)?.keyframe ?? false;
  }

  /** It holds metadata or decoder configurations. */
  get hasHeaders(): boolean {
    return this.packets.some((packet) => !isFrame(packet));
  }

  /** Payload bytes. */
  get bytes(): number {
    return this.packets.reduce((sum, packet) => sum + packet.payload.length, 0);
  }

  encode(format: Format): Buffer {
    const known = this.#encoded.get(format);
    if (known !== undefined) return known;
    const bytes = ENCODERS[format](this.packets);
    this.#encoded.set(format, bytes);
    return bytes;
  }
}

import { httpChunk } from '../../protocol/http/chunks.js';
import { encodeMessage } from '../../protocol/rtmp/chunk-writer.js';
import { ChunkStream } from '../../protocol/rtmp/message.js';
import { flvTag } from './flv.js';
import { isFrame, type Packet } from './packet.js';

/** Chunk size in bytes announced to every RTMP client, the same as SRS's. */
export const OUT_CHUNK_SIZE = 60_000;
/** Id of the only message stream that SRS has per connection. */
export const STREAM_ID = 1;

/** Chunk streams for publishers that have none. */
const CSID = { audio: ChunkStream.audio, video: ChunkStream.video, data: ChunkStream.onStatus };

export type Format = 'rtmp' | 'flv';

function encodeRtmp(packet: Packet): Buffer {
  const message = { ...packet, csid: packet.csid ?? CSID[packet.kind], streamId: STREAM_ID };
  return encodeMessage(message, OUT_CHUNK_SIZE);
}

const ENCODERS: Readonly<Record<Format, (packets: readonly Packet[]) => Buffer>> = {
  rtmp: (packets) => Buffer.concat(packets.map(encodeRtmp)),
  flv: (packets) => httpChunk(packets.map(flvTag)),
};

/**
 * Packets that are written together. Each format is encoded once, for its first player, and the
 * bytes are shared by all players.
 */
export class Batch {
  readonly packets: readonly Packet[];
  readonly #encoded = new Map<Format, Buffer>();

  constructor(packets: readonly Packet[]) {
    this.packets = packets;
  }

  /** The first frame is a keyframe. The source ensures that no other frame is one. */
  get startsAtKeyframe(): boolean {
    return this.packets.find(isFrame)?.keyframe ?? false;
  }

  /** It contains metadata or decoder configurations. */
  get hasHeaders(): boolean {
    return this.packets.some((packet) => !isFrame(packet));
  }

  /** Payload bytes of all packets. */
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

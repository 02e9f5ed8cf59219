import { encodeMessage } from '../../src/protocol/rtmp/chunk-writer.js';
import type { RtmpMessage } from '../../src/protocol/rtmp/message.js';

/** Writes messages with the shortest chunk headers, as servers do that compress them. */
export class CompressingWriter {
  readonly #last = new Map<number, { message: RtmpMessage; delta: number }>();

  write(message: RtmpMessage, chunkSize: number): Buffer {
    const full = encodeMessage(message, chunkSize);
    const last = this.#last.get(message.csid);
    const delta = message.timestamp - (last?.message.timestamp ?? 0);
    this.#last.set(message.csid, { message, delta });
    if (last === undefined || last.message.streamId !== message.streamId) return full;
    const body = full.subarray(12);
    const size = last.message.payload.length === message.payload.length;
    const same = size && last.message.typeId === message.typeId;
    if (same && last.delta === delta) return Buffer.concat([head(3, message.csid), body]);
    const time = Buffer.from([delta >> 16, delta >> 8, delta]);
    if (same) return Buffer.concat([head(2, message.csid), time, body]);
    return Buffer.concat([head(1, message.csid), time, full.subarray(4, 8), body]);
  }
}

function head(fmt: number, csid: number): Buffer {
  return Buffer.from([(fmt << 6) | csid]);
}

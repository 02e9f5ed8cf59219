import { encodeAmf0 } from './amf0.js';
import type { ChunkReader, LastHeader } from './chunk-reader.js';
import { encodeLater, encodeMessage } from './chunk-writer.js';
import { setChunkSize, windowAckSize } from './control.js';
import { DEFAULT_CHUNK_SIZE, MessageType, type RtmpMessage } from './message.js';
import { MUTED_END } from './play-record.js';

/** Bytes of an AMF0 command besides its name: 3 of the name's head, a number, and null. */
const COMMAND_SIZE = 13;
/** Bytes of an AMF0 string besides its text. */
const STRING_HEAD = 3;
/** Most bytes of the text of an AMF0 string. */
const MAX_TEXT = 0xffff;

/** A client that has been read up to the end of a message. */
export interface ReadClient {
  readonly reader: Pick<ChunkReader, 'chunkSize' | 'lastHeaders'>;
  /** Bytes after which it wants an Acknowledgement; null: it has not said. */
  readonly window: number | null;
}

/**
 * Returns bytes after which a server that has read nothing else has the client's chunk state, so
 * that it can read what the client says next. They contain these calls. The last message of each
 * chunk stream is repeated with a payload that means nothing; one of more than `most` bytes is
 * repeated as an empty one.
 */
export function stateAfter(
  { reader, window }: ReadClient,
  calls: readonly RtmpMessage[],
  most: number,
): Buffer[] {
  const { chunkSize } = reader;
  const sizes = chunkSize === DEFAULT_CHUNK_SIZE ? [] : [setChunkSize(chunkSize)];
  const windows = window === null ? [] : [windowAckSize(window)];
  const repeated = reader
    .lastHeaders()
    .flatMap((last) => repeat(last, { chunkSize, window, most }));
  return [
    ...sizes.map((size) => encodeMessage(size, DEFAULT_CHUNK_SIZE)),
    ...[...windows, ...calls].map((message) => encodeMessage(message, chunkSize)),
    ...repeated,
  ];
}

interface RepeatRules {
  readonly chunkSize: number;
  readonly window: number | null;
  readonly most: number;
}

/** Returns messages that leave the chunk stream as it is, and mean nothing to a server. */
function repeat({ csid, header, timestamp }: LastHeader, rules: RepeatRules): Buffer[] {
  const { typeId, streamId, length, time } = header;
  const { chunkSize, most } = rules;
  const payload = filler(typeId, length > most ? 0 : length, rules);
  const message = { csid, typeId, streamId, payload };
  if (time === timestamp) return [encodeMessage({ ...message, timestamp }, chunkSize)];
  return [
    encodeMessage({ ...message, timestamp: (timestamp - time) >>> 0 }, chunkSize),
    encodeLater({ ...message, timestamp: time }, chunkSize),
  ];
}

function filler(typeId: number, size: number, { chunkSize, window }: RepeatRules): Buffer {
  if (typeId === MessageType.commandAmf0) return mutedCommand(size);
  if (typeId === MessageType.commandAmf3) {
    return Buffer.concat([Buffer.alloc(1), mutedCommand(size - 1)]);
  }
  if (typeId === MessageType.dataAmf0 || typeId === MessageType.dataAmf3) return mutedData(size);
  const payload = Buffer.alloc(size);
  const isSize = typeId === MessageType.setChunkSize || typeId === MessageType.windowAckSize;
  if (isSize && size >= 4) {
    payload.writeUInt32BE(typeId === MessageType.setChunkSize ? chunkSize : (window ?? 0));
  }
  return payload;
}

/**
 * Returns a command of that size that no server knows, without a transaction id. SRS closes a
 * client whose command has no object.
 */
function mutedCommand(size: number): Buffer {
  if (size <= COMMAND_SIZE) return Buffer.alloc(0);
  return encodeAmf0(MUTED_END.padStart(size - COMMAND_SIZE, MUTED_END), 0, null);
}

/** Returns data of that size that no server knows. SRS closes a client whose data have no name. */
function mutedData(size: number): Buffer {
  if (size <= STRING_HEAD) return Buffer.alloc(0);
  const name = encodeAmf0(MUTED_END.repeat(Math.min(size - STRING_HEAD, MAX_TEXT)));
  return Buffer.concat([name, Buffer.alloc(size - name.length)]);
}

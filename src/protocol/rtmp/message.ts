/** One whole RTMP message, assembled from its chunks (RTMP 1.0 §5.3, §6.1). */
export interface RtmpMessage {
  /** Id of the chunk stream that carried it: 2..65599. */
  readonly csid: number;
  /** Milliseconds, absolute; 32 bits, wraps. */
  readonly timestamp: number;
  readonly typeId: number;
  /** Message stream id; 0 is the connection itself. */
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Message type ids (RTMP 1.0 §5.4, §7.1). */
export const MessageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  dataAmf0: 18,
  commandAmf0: 20,
  aggregate: 22,
} as const;

/** Chunk size in bytes until a SetChunkSize (§5.4.1). */
export const DEFAULT_CHUNK_SIZE = 128;
/** Our chunk size in bytes, the same as SRS's: some clients cannot assemble chunks. */
export const SERVER_CHUNK_SIZE = 60_000;

/** Chunk streams that SRS and most servers use for these purposes. */
export const ChunkStream = { control: 2, command: 3, onStatus: 5, video: 6, audio: 7 } as const;

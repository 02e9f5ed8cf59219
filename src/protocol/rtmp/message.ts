/** One whole RTMP message, chunks put together (RTMP 1.0 §5.3, §6.1). */
export interface RtmpMessage {
  /** Chunk stream that carried it: 2..65599. */
  readonly csid: number;
  /** Milliseconds, absolute, 32 bit and wrapping. */
  readonly timestamp: number;
  readonly typeId: number;
  /** Message stream id: 0 for the connection itself. */
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

/** Chunk size until a SetChunkSize says otherwise (§5.4.1). */
export const DEFAULT_CHUNK_SIZE = 128;
/** What clients are told to read us by, as SRS tells them: some cannot read a message in pieces. */
export const SERVER_CHUNK_SIZE = 60_000;

/** Chunk streams that SRS and most servers use for these purposes. */
export const ChunkStream = { control: 2, command: 3, onStatus: 5, video: 6, audio: 7 } as const;

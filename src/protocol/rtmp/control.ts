import { INCOMPLETE, type Parsed, value } from '../result.js';
import { ChunkStream, MessageType, type RtmpMessage } from './message.js';

/** User control events (RTMP 1.0 §7.1.7). */
export const UserControlEvent = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;

export interface UserControl {
  readonly event: number;
  /** A message stream id; for pings, a timestamp in milliseconds. */
  readonly argument: number;
}

/** Limit types of SetPeerBandwidth (§5.4.5). */
export const PeerBandwidth = { hard: 0, soft: 1, dynamic: 2 } as const;

export function setChunkSize(size: number): RtmpMessage {
  return control(MessageType.setChunkSize, uint32(size));
}

export function acknowledgement(sequence: number): RtmpMessage {
  return control(MessageType.acknowledgement, uint32(sequence));
}

export function windowAckSize(size: number): RtmpMessage {
  return control(MessageType.windowAckSize, uint32(size));
}

/** Sets the peer's bandwidth: `size` in bytes, `limitType` one of `PeerBandwidth`. */
export function setPeerBandwidth(size: number, limitType: number): RtmpMessage {
  return control(MessageType.setPeerBandwidth, Buffer.concat([uint32(size), Buffer.of(limitType)]));
}

export function streamBegin(streamId: number): RtmpMessage {
  return userControl(UserControlEvent.streamBegin, streamId);
}

export function streamEof(streamId: number): RtmpMessage {
  return userControl(UserControlEvent.streamEof, streamId);
}

export function pingResponse(time: number): RtmpMessage {
  return userControl(UserControlEvent.pingResponse, time);
}

/** Parses the event and first argument of a user control message's payload. */
export function parseUserControl(payload: Buffer): Parsed<UserControl> {
  if (payload.length < 6) return INCOMPLETE;
  const event = payload.readUInt16BE(0);
  const argument = payload.readUInt32BE(2);
  return value({ event, argument }, 6);
}

/** Returns the time, in milliseconds, of a PingRequest; null for any other message. */
export function pingRequestOf({ typeId, payload }: RtmpMessage): number | null {
  return timeOf(UserControlEvent.pingRequest, typeId, payload);
}

/** Reports whether a message is a PingResponse. */
export function isPingResponse({ typeId, payload }: RtmpMessage): boolean {
  return timeOf(UserControlEvent.pingResponse, typeId, payload) !== null;
}

function timeOf(event: number, typeId: number, payload: Buffer): number | null {
  if (typeId !== MessageType.userControl) return null;
  const control = parseUserControl(payload);
  return control.kind === 'value' && control.value.event === event ? control.value.argument : null;
}

function userControl(event: number, argument: number): RtmpMessage {
  return control(MessageType.userControl, Buffer.concat([Buffer.of(0, event), uint32(argument)]));
}

function control(typeId: number, payload: Buffer): RtmpMessage {
  return { csid: ChunkStream.control, timestamp: 0, typeId, streamId: 0, payload };
}

function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number >>> 0);
  return bytes;
}

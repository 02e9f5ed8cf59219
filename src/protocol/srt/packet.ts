/** Bytes of the header of every SRT packet (draft-sharabayko-srt §3). */

export const HEADER_SIZE = 16;
/** Offset of the receiver's socket id. */
export const DESTINATION_AT = 12;
/** First 16 bits of control packets: control flag and type (§3.2). */
export const HANDSHAKE = 0x8000;
export const SHUTDOWN = 0x8005;

const TIMESTAMP_AT = 8;
/** Bytes. libsrt pads a control packet without a body to 4 bytes. */
const SHUTDOWN_SIZE = HEADER_SIZE + 4;

/** Returns the first 16 bits, or -1 if the packet is shorter than a header. */
export function kindOf(packet: Buffer): number {
  return packet.length < HEADER_SIZE ? -1 : packet.readUInt16BE();
}

/** Returns the receiver's socket id, 0 if there is none. The packet must have a whole header. */
export function destinationOf(packet: Buffer): number {
  return packet.readUInt32BE(DESTINATION_AT);
}

/** Returns microseconds since the sender's start; they wrap every 71 minutes. */
export function timestampOf(packet: Buffer): number {
  return packet.readUInt32BE(TIMESTAMP_AT);
}

/**
 * Writes a timestamp in microseconds. The receiver of a handshake takes it for the time of sending:
 * an old one delays everything by as much.
 */
export function setTimestamp(packet: Buffer, micros: number): void {
  packet.writeUInt32BE((Math.trunc(micros) % 2 ** 32) >>> 0, TIMESTAMP_AT);
}

export function setDestination(packet: Buffer, socketId: number): void {
  packet.writeUInt32BE(socketId, DESTINATION_AT);
}

/** Builds a SHUTDOWN, which tells a socket that its peer has closed (§3.2.7). */
export function shutdown(socketId: number): Buffer {
  const packet = Buffer.alloc(SHUTDOWN_SIZE);
  packet.writeUInt16BE(SHUTDOWN);
  setDestination(packet, socketId);
  return packet;
}

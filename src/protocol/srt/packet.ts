/** The fixed part of every SRT packet (draft-sharabayko-srt §3). */

export const HEADER_SIZE = 16;
/** Where the receiver's socket id stands. */
export const DESTINATION_AT = 12;
/** The first 16 bits of control packets (§3.2): control, and the type. */
export const HANDSHAKE = 0x8000;
export const SHUTDOWN = 0x8005;

const TIMESTAMP_AT = 8;
/** libsrt pads a control packet that has no body of its own. */
const SHUTDOWN_SIZE = HEADER_SIZE + 4;

/** The first 16 bits, or -1 for what is shorter than a header. */
export function kindOf(packet: Buffer): number {
  return packet.length < HEADER_SIZE ? -1 : packet.readUInt16BE();
}

/** The socket that a packet with a whole header is for; 0: none yet. */
export function destinationOf(packet: Buffer): number {
  return packet.readUInt32BE(DESTINATION_AT);
}

/** Microseconds since the sender's start; they wrap every 71 minutes. */
export function timestampOf(packet: Buffer): number {
  return packet.readUInt32BE(TIMESTAMP_AT);
}

/**
 * Writes a timestamp, in microseconds. The receiver of a handshake takes it for the moment of sending:
 * one that is late makes everything later by as much.
 */
export function setTimestamp(packet: Buffer, micros: number): void {
  packet.writeUInt32BE((Math.trunc(micros) % 2 ** 32) >>> 0, TIMESTAMP_AT);
}

export function setDestination(packet: Buffer, socketId: number): void {
  packet.writeUInt32BE(socketId, DESTINATION_AT);
}

/** Tells a socket that its peer has closed (§3.2.7). */
export function shutdown(socketId: number): Buffer {
  const packet = Buffer.alloc(SHUTDOWN_SIZE);
  packet.writeUInt16BE(SHUTDOWN);
  setDestination(packet, socketId);
  return packet;
}

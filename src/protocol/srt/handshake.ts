import { invalid, type Parsed, value } from '../result.js';
import {
  destinationOf,
  HANDSHAKE,
  HEADER_SIZE,
  kindOf,
  setDestination,
  setTimestamp,
  timestampOf,
} from './packet.js';

/** Handshake packets (draft-sharabayko-srt §3.2.1), caller to listener (§4.3.1) only. */

/** Bytes of a handshake without extensions, header included. */
export const HANDSHAKE_SIZE = HEADER_SIZE + 48;
export const INDUCTION = 1;
export const CONCLUSION = -1;
/** Handshake types from this one on are rejections: see `reject.ts`. */
export const FIRST_REJECTION = 1000;

const AT = {
  version: 16,
  encryption: 20,
  extension: 22,
  sequence: 24,
  type: 36,
  id: 40,
  cookie: 44,
};
/** Value of the extension field in a version 5 listener's induction answer. */
const MAGIC = 0x4a17;
/** Socket type of a version 4 handshake. */
const DATAGRAM = 2;

export interface Handshake {
  /** 4, or 5 with extensions; no other version is in use. */
  readonly version: number;
  /** Key length, bytes / 8; 0: no encryption requested. */
  readonly encryption: number;
  /** Flags of the extensions that follow, the magic number, or a socket type. */
  readonly extension: number;
  /** Initial sequence number. Tells a caller's second connection from a repeated packet. */
  readonly sequence: number;
  /** `INDUCTION`, `CONCLUSION`, or a rejection. */
  readonly type: number;
  /** Socket id of the sender. */
  readonly id: number;
  readonly cookie: number;
  /** Socket id of the receiver; 0 for a listener. */
  readonly destination: number;
}

/** Parses a handshake packet. A datagram is whole, so the result is never `incomplete`. */
export function parseHandshake(packet: Buffer): Parsed<Handshake> {
  if (kindOf(packet) !== HANDSHAKE) return invalid('no handshake');
  if (packet.length < HANDSHAKE_SIZE) return invalid(`handshake of ${packet.length} bytes`);
  const handshake = {
    version: packet.readUInt32BE(AT.version),
    encryption: packet.readUInt16BE(AT.encryption),
    extension: packet.readUInt16BE(AT.extension),
    sequence: packet.readUInt32BE(AT.sequence),
    type: packet.readInt32BE(AT.type),
    id: packet.readUInt32BE(AT.id),
    cookie: packet.readUInt32BE(AT.cookie),
    destination: destinationOf(packet),
  };
  return value(handshake, packet.length);
}

/** Builds a listener's answer to the induction `packet`. It is not longer than the induction. */
export function inductionAnswer(
  packet: Buffer,
  { cookie, encryption, micros }: { cookie: number; encryption: number; micros: number },
): Buffer {
  const answer = bareCopy(packet, micros);
  answer.writeUInt32BE(5, AT.version);
  answer.writeUInt16BE(encryption, AT.encryption);
  answer.writeUInt16BE(MAGIC, AT.extension);
  answer.writeUInt32BE(cookie, AT.cookie);
  return answer;
}

/** Builds the induction that belongs before a conclusion; its answer tells the cookie. */
export function inductionOf(conclusion: Buffer): Buffer {
  const packet = Buffer.alloc(HANDSHAKE_SIZE);
  conclusion.copy(packet, 0, 0, HANDSHAKE_SIZE);
  setTimestamp(packet, timestampOf(conclusion));
  setDestination(packet, 0);
  packet.writeUInt32BE(4, AT.version);
  packet.writeUInt16BE(0, AT.encryption);
  packet.writeUInt16BE(DATAGRAM, AT.extension);
  packet.writeInt32BE(INDUCTION, AT.type);
  packet.writeUInt32BE(0, AT.cookie);
  return packet;
}

/** Builds an induction from a socket with this id. */
export function induction(id: number): Buffer {
  const packet = Buffer.alloc(HANDSHAKE_SIZE);
  packet.writeUInt16BE(HANDSHAKE);
  packet.writeUInt32BE(1500, AT.sequence + 4);
  packet.writeUInt32BE(8192, AT.sequence + 8);
  packet.writeUInt32BE(id, AT.id);
  return inductionOf(packet);
}

/** Builds a rejection of a conclusion. */
export function rejection(conclusion: Buffer, type: number, micros: number): Buffer {
  const answer = bareCopy(conclusion, micros);
  answer.writeInt32BE(type, AT.type);
  return answer;
}

/** Copies a packet with another cookie and a timestamp later by `lateMicros`. */
export function resend(packet: Buffer, cookie: number, lateMicros: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt32BE(cookie, AT.cookie);
  setTimestamp(copy, timestampOf(packet) + lateMicros);
  return copy;
}

/** Copies a version 5 conclusion with other extensions; `flags` are set in `extension`. */
export function withExtensions(packet: Buffer, flags: number, extensions: Buffer): Buffer {
  const copy = Buffer.concat([packet.subarray(0, HANDSHAKE_SIZE), extensions]);
  copy.writeUInt16BE(copy.readUInt16BE(AT.extension) | flags, AT.extension);
  return copy;
}

/** Copies the header and handshake without extensions, addressed to the sender. */
function bareCopy(packet: Buffer, micros: number): Buffer {
  const copy = Buffer.alloc(HANDSHAKE_SIZE);
  packet.copy(copy, 0, 0, HANDSHAKE_SIZE);
  setTimestamp(copy, micros);
  setDestination(copy, packet.readUInt32BE(AT.id));
  return copy;
}

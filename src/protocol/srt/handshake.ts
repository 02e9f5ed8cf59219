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

/** A handshake without extensions, its header included. */
export const HANDSHAKE_SIZE = HEADER_SIZE + 48;
export const INDUCTION = 1;
export const CONCLUSION = -1;
/** A handshake type from here on says no, and why: see `reject.ts`. */
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
/** What a listener that speaks version 5 puts in place of the extension flags. */
const MAGIC = 0x4a17;
/** The socket type of a version 4 handshake. */
const DATAGRAM = 2;

export interface Handshake {
  /** 4, or 5 with extensions behind it; others are not supported by anybody. */
  readonly version: number;
  /** Key length, bytes / 8; 0: none is asked for. */
  readonly encryption: number;
  /** Which extensions follow; the magic number; or a socket type. */
  readonly extension: number;
  /** Initial sequence number: tells a caller's second connection from a repeated packet. */
  readonly sequence: number;
  /** `INDUCTION`, `CONCLUSION`, or a rejection. */
  readonly type: number;
  /** Of the sender's socket. */
  readonly id: number;
  readonly cookie: number;
  /** Of the receiver's socket; 0 to a listener. */
  readonly destination: number;
}

/** Reads a packet that is a handshake; there are no incomplete ones. */
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

/** What a listener answers to an induction. `packet` is that; the answer is no longer. */
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

/** The induction that must have come before a conclusion, or one to see what a listener answers. */
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

/** An induction out of nothing, from a socket with this id. */
export function induction(id: number): Buffer {
  const packet = Buffer.alloc(HANDSHAKE_SIZE);
  packet.writeUInt16BE(HANDSHAKE);
  packet.writeUInt32BE(1500, AT.sequence + 4);
  packet.writeUInt32BE(8192, AT.sequence + 8);
  packet.writeUInt32BE(id, AT.id);
  return inductionOf(packet);
}

/** Says no to a conclusion. */
export function rejection(conclusion: Buffer, type: number, micros: number): Buffer {
  const answer = bareCopy(conclusion, micros);
  answer.writeInt32BE(type, AT.type);
  return answer;
}

/** The same packet with another cookie, as if sent `lateMicros` later. */
export function resend(packet: Buffer, cookie: number, lateMicros: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt32BE(cookie, AT.cookie);
  setTimestamp(copy, timestampOf(packet) + lateMicros);
  return copy;
}

/** Without extensions, and back to where it came from. */
function bareCopy(packet: Buffer, micros: number): Buffer {
  const copy = Buffer.alloc(HANDSHAKE_SIZE);
  packet.copy(copy, 0, 0, HANDSHAKE_SIZE);
  setTimestamp(copy, micros);
  setDestination(copy, packet.readUInt32BE(AT.id));
  return copy;
}

import { invalid, type Parsed, value } from '../result.js';
import { type Amf0Value, decodeAmf0All, encodeAmf0 } from './amf0.js';
import { MessageType, type RtmpMessage } from './message.js';

/** A call, or the answer to one: `connect`, `publish`, `_result`, `onStatus`, … (RTMP 1.0 §7.2). */
export interface RtmpCommand {
  readonly name: string;
  /** 0 asks for no answer. */
  readonly transactionId: number;
  /** The command object; null where there is none. */
  readonly object: Amf0Value;
  readonly args: Amf0Value[];
  /** It came as an AMF3 command message (type 17). */
  readonly amf3: boolean;
}

/**
 * Reads a command message. The AMF3 kind is a zero byte and then AMF0 too; a value in real AMF3
 * ends it and reads as one undefined.
 */
export function decodeCommand(message: RtmpMessage): Parsed<RtmpCommand> {
  const amf3 = message.typeId === MessageType.commandAmf3;
  if (!amf3 && message.typeId !== MessageType.commandAmf0) {
    return invalid(`message type ${message.typeId} is no command`);
  }
  const values = decodeAmf0All(amf3 ? message.payload.subarray(1) : message.payload);
  if (values.kind !== 'value') return values;
  const [name, transactionId, object = null, ...args] = values.value;
  if (typeof name !== 'string') return invalid('command without a name');
  if (typeof transactionId !== 'number') return invalid('command without a transaction id');
  return value({ name, transactionId, object, args, amf3 }, message.payload.length);
}

/** Writes an AMF0 command message (type 20). */
export function encodeCommand(
  command: Omit<RtmpCommand, 'amf3'>,
  { csid, streamId }: Pick<RtmpMessage, 'csid' | 'streamId'>,
): RtmpMessage {
  const { name, transactionId, object, args } = command;
  const payload = encodeAmf0(name, transactionId, object, ...args);
  return { csid, timestamp: 0, typeId: MessageType.commandAmf0, streamId, payload };
}

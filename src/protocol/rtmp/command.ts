import { invalid, type Parsed, value } from '../result.js';
import { type Amf0Value, asWhole, decodeAmf0, decodeAmf0All, encodeAmf0 } from './amf0.js';
import { MessageType, type RtmpMessage } from './message.js';

/** The first two fields of a command message. */
export interface CommandHead {
  readonly name: string;
  /** 0: the sender expects no response. */
  readonly transactionId: number;
}

/** A call or a response: `connect`, `publish`, `_result`, `onStatus`, … (RTMP 1.0 §7.2). */
export interface RtmpCommand extends CommandHead {
  /** The command object; null if absent. */
  readonly object: Amf0Value;
  readonly args: Amf0Value[];
  /** The command came as an AMF3 command message (type 17). */
  readonly amf3: boolean;
}

/**
 * Decodes a command message. An AMF3 command is a zero byte followed by AMF0. A value in real AMF3
 * ends the list and decodes to one undefined.
 */
export function decodeCommand(message: RtmpMessage): Parsed<RtmpCommand> {
  const head = decodeCommandHead(message);
  if (head.kind !== 'value') return head;
  const values = decodeAmf0All(message.payload.subarray(head.consumed));
  if (values.kind !== 'value') return values;
  const { name, transactionId } = head.value;
  const [object = null, ...args] = values.value;
  const amf3 = message.typeId === MessageType.commandAmf3;
  return value({ name, transactionId, object, args, amf3 }, message.payload.length);
}

/** Decodes only the name and transaction id of a command message. */
export function decodeCommandHead({ typeId, payload }: RtmpMessage): Parsed<CommandHead> {
  const amf3 = typeId === MessageType.commandAmf3;
  if (!amf3 && typeId !== MessageType.commandAmf0) {
    return invalid(`message type ${typeId} is no command`);
  }
  const start = amf3 ? 1 : 0;
  const name = decodeAmf0(payload, start);
  if (name.kind !== 'value') return asWhole(name);
  if (typeof name.value !== 'string') return invalid('command without a name');
  const id = decodeAmf0(payload, start + name.consumed);
  if (id.kind !== 'value') return asWhole(id);
  if (typeof id.value !== 'number') return invalid('command without a transaction id');
  const head = { name: name.value, transactionId: id.value };
  return value(head, start + name.consumed + id.consumed);
}

/** Encodes an AMF0 command message (type 20). */
export function encodeCommand(
  command: Omit<RtmpCommand, 'amf3'>,
  { csid, streamId }: Pick<RtmpMessage, 'csid' | 'streamId'>,
): RtmpMessage {
  const { name, transactionId, object, args } = command;
  const payload = encodeAmf0(name, transactionId, object, ...args);
  return { csid, timestamp: 0, typeId: MessageType.commandAmf0, streamId, payload };
}

import {
  type Amf0Object,
  type Amf0Value,
  decodeAmf0All,
  encodeAmf0,
} from '../../protocol/rtmp/amf0.js';
import { MessageType } from '../../protocol/rtmp/message.js';
import { SIGNATURE, VERSION } from '../identity.js';

function isObject(value: Amf0Value): value is Amf0Object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a publisher's data message. Returns the payload of `onMetaData` for players, with the
 * server's name and without a duration, since a live stream has none. Null for any other data,
 * which SRS does not forward.
 */
export function toMetadata(typeId: number, payload: Buffer): Buffer | null {
  const amf0 = typeId === MessageType.dataAmf3 ? payload.subarray(1) : payload;
  const values = decodeAmf0All(amf0);
  if (values.kind !== 'value') return null;
  const [first, ...rest] = values.value;
  const [name, metadata] = first === '@setDataFrame' ? rest : [first, ...rest];
  if (name !== 'onMetaData' || metadata === undefined || !isObject(metadata)) return null;
  const { duration: _, ...live } = metadata;
  return encodeAmf0('onMetaData', { ...live, server: SIGNATURE, server_version: VERSION });
}

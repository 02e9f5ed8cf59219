import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';
import { ByteWriter } from './byte-writer.js';

export type Amf0Value =
  | number
  | boolean
  | string
  | null
  | undefined
  | Date
  | Amf0Value[]
  | Amf0Object;

/** An object or an ECMA array. Decoded ones have no prototype, so that no key is special. */
export interface Amf0Object {
  [key: string]: Amf0Value;
}

const MAX_DEPTH = 16;
/** Properties of all objects of one decode together. */
const MAX_PROPERTIES = 1024;
/** Bytes of a text whose length takes two. */
const MAX_SHORT = 0xffff;
/** Elements of all arrays of one decode together: metadata lists a time for every keyframe. */
const MAX_ELEMENTS = 65_536;

/** Markers (AMF0 §2.1). */
const Marker = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  null: 0x05,
  undefined: 0x06,
  reference: 0x07,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  xmlDocument: 0x0f,
  typedObject: 0x10,
  amf3: 0x11,
} as const;

/** What one decode may still use. */
interface Budget {
  depth: number;
  properties: number;
  elements: number;
}

/** Reads what follows a marker; `consumed` counts from `at`. */
type Decoder = (buf: Buffer, at: number, budget: Budget) => Parsed<Amf0Value>;

const DECODERS: Readonly<Record<number, Decoder>> = {
  [Marker.number]: (buf, at) => decodeFixed(buf, at, 8, () => buf.readDoubleBE(at)),
  [Marker.boolean]: (buf, at) => decodeFixed(buf, at, 1, () => buf[at] !== 0),
  [Marker.string]: (buf, at) => decodeText(buf, at, 2),
  [Marker.object]: nested(decodeProperties),
  [Marker.null]: () => value(null, 0),
  [Marker.undefined]: () => value(undefined, 0),
  [Marker.reference]: (buf, at) => decodeFixed(buf, at, 2, () => undefined),
  // Its count is only a hint: senders are known to write 0.
  [Marker.ecmaArray]: nested((buf, at, budget) => after(4, decodeProperties(buf, at + 4, budget))),
  [Marker.strictArray]: nested(decodeElements),
  [Marker.date]: (buf, at) => decodeFixed(buf, at, 10, () => new Date(buf.readDoubleBE(at))),
  [Marker.longString]: (buf, at) => decodeText(buf, at, 4),
  [Marker.unsupported]: () => value(undefined, 0),
  [Marker.xmlDocument]: (buf, at) => decodeText(buf, at, 4),
  [Marker.typedObject]: nested(decodeTypedObject),
  // From here on it is AMF3, which has no way back: one undefined stands for the rest.
  [Marker.amf3]: (buf, at) => value(undefined, buf.length - at),
};

/**
 * Reads one AMF0 value at `offset`. References and unsupported values are undefined, a typed object
 * loses its class name. A value that the buffer cuts off is `incomplete`.
 */
export function decodeAmf0(buf: Buffer, offset = 0): Parsed<Amf0Value> {
  return decodeAt(buf, offset, newBudget());
}

/** Reads all values of a whole message payload; one that is cut off is invalid here. */
export function decodeAmf0All(buf: Buffer): Parsed<Amf0Value[]> {
  const budget = newBudget();
  const values: Amf0Value[] = [];
  for (let at = 0; at < buf.length; ) {
    if (--budget.elements < 0) return invalid('AMF0: too many values');
    const next = decodeAt(buf, at, budget);
    if (next.kind === 'incomplete') return invalid('AMF0: value cut off');
    if (next.kind === 'invalid') return next;
    values.push(next.value);
    at += next.consumed;
  }
  return value(values, buf.length);
}

/** Writes the values one after the other. Objects are written as such, arrays as strict arrays. */
export function encodeAmf0(...values: Amf0Value[]): Buffer {
  const writer = new ByteWriter();
  for (const item of values) writeValue(writer, item);
  return writer.written;
}

function newBudget(): Budget {
  return { depth: MAX_DEPTH, properties: MAX_PROPERTIES, elements: MAX_ELEMENTS };
}

function decodeAt(buf: Buffer, at: number, budget: Budget): Parsed<Amf0Value> {
  const marker = buf[at];
  if (marker === undefined) return INCOMPLETE;
  const decode = DECODERS[marker];
  if (!decode) return invalid(`AMF0: unknown marker 0x${marker.toString(16)}`);
  return after(1, decode(buf, at + 1, budget));
}

/** Adds the bytes that came before to what was consumed. */
function after<T>(size: number, parsed: Parsed<T>): Parsed<T> {
  return parsed.kind === 'value' ? value(parsed.value, parsed.consumed + size) : parsed;
}

function nested(decode: Decoder): Decoder {
  return (buf, at, budget) => {
    if (budget.depth === 0) return invalid(`AMF0: deeper than ${MAX_DEPTH}`);
    budget.depth--;
    const parsed = decode(buf, at, budget);
    budget.depth++;
    return parsed;
  };
}

function decodeFixed<T>(buf: Buffer, at: number, size: number, read: () => T): Parsed<T> {
  return at + size > buf.length ? INCOMPLETE : value(read(), size);
}

function decodeText(buf: Buffer, at: number, lengthSize: 2 | 4): Parsed<string> {
  const start = at + lengthSize;
  if (start > buf.length) return INCOMPLETE;
  const end = start + buf.readUIntBE(at, lengthSize);
  return end > buf.length ? INCOMPLETE : value(buf.toString('utf8', start, end), end - at);
}

/** Properties until the empty key with the object-end marker (AMF0 §2.5, §2.10). */
function decodeProperties(buf: Buffer, at: number, budget: Budget): Parsed<Amf0Object> {
  const object: Amf0Object = Object.create(null);
  for (let position = at; ; ) {
    const key = decodeText(buf, position, 2);
    if (key.kind !== 'value') return key;
    position += key.consumed;
    if (key.value === '' && buf[position] === Marker.objectEnd) {
      return value(object, position + 1 - at);
    }
    if (--budget.properties < 0) return invalid(`AMF0: more than ${MAX_PROPERTIES} properties`);
    const property = decodeAt(buf, position, budget);
    if (property.kind !== 'value') return property;
    object[key.value] = property.value;
    position += property.consumed;
  }
}

function decodeTypedObject(buf: Buffer, at: number, budget: Budget): Parsed<Amf0Object> {
  const className = decodeText(buf, at, 2);
  if (className.kind !== 'value') return className;
  return after(className.consumed, decodeProperties(buf, at + className.consumed, budget));
}

function decodeElements(buf: Buffer, at: number, budget: Budget): Parsed<Amf0Value[]> {
  if (at + 4 > buf.length) return INCOMPLETE;
  const count = buf.readUInt32BE(at);
  budget.elements -= count;
  if (budget.elements < 0) return invalid(`AMF0: more than ${MAX_ELEMENTS} elements`);
  const elements: Amf0Value[] = [];
  let position = at + 4;
  while (elements.length < count) {
    const element = decodeAt(buf, position, budget);
    if (element.kind !== 'value') return element;
    elements.push(element.value);
    position += element.consumed;
  }
  return value(elements, position - at);
}

function writeValue(writer: ByteWriter, item: Amf0Value): void {
  if (typeof item === 'string') writeString(writer, item);
  else if (typeof item === 'number') writeNumber(writer, Marker.number, item);
  else if (typeof item === 'boolean') writeBoolean(writer, item);
  else if (item === null) writer.uint8(Marker.null);
  else if (item === undefined) writer.uint8(Marker.undefined);
  else if (Array.isArray(item)) writeArray(writer, item);
  else if (item instanceof Date) writeDate(writer, item);
  else writeObject(writer, item);
}

function writeNumber(writer: ByteWriter, marker: number, item: number): void {
  writer.uint8(marker);
  writer.double(item);
}

function writeBoolean(writer: ByteWriter, item: boolean): void {
  writer.uint8(Marker.boolean);
  writer.uint8(item ? 1 : 0);
}

function writeString(writer: ByteWriter, text: string): void {
  const bytes = Buffer.from(text);
  const isLong = bytes.length > MAX_SHORT;
  writer.uint8(isLong ? Marker.longString : Marker.string);
  if (isLong) writer.uint32(bytes.length);
  else writer.uint16(bytes.length);
  writer.bytes(bytes);
}

function writeArray(writer: ByteWriter, items: readonly Amf0Value[]): void {
  writer.uint8(Marker.strictArray);
  writer.uint32(items.length);
  for (const item of items) writeValue(writer, item);
}

/** The two bytes behind it are a time zone, which is always 0 (AMF0 §2.13). */
function writeDate(writer: ByteWriter, date: Date): void {
  writeNumber(writer, Marker.date, date.getTime());
  writer.uint16(0);
}

function writeObject(writer: ByteWriter, object: Amf0Object): void {
  writer.uint8(Marker.object);
  for (const key of Object.keys(object)) {
    writeKey(writer, key);
    writeValue(writer, object[key]);
  }
  writeKey(writer, '');
  writer.uint8(Marker.objectEnd);
}

function writeKey(writer: ByteWriter, key: string): void {
  const bytes = Buffer.from(key).subarray(0, MAX_SHORT);
  writer.uint16(bytes.length);
  writer.bytes(bytes);
}

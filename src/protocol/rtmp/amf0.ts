import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

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
  return Buffer.concat(values.map(encodeValue));
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

function encodeValue(item: Amf0Value): Buffer {
  if (item === null) return Buffer.of(Marker.null);
  if (typeof item === 'number') return Buffer.concat([Buffer.of(Marker.number), double(item)]);
  if (typeof item === 'boolean') return Buffer.of(Marker.boolean, item ? 1 : 0);
  if (typeof item === 'string') return encodeString(item);
  if (item === undefined) return Buffer.of(Marker.undefined);
  if (Array.isArray(item)) return encodeArray(item);
  if (item instanceof Date) return encodeDate(item);
  return encodeObject(item);
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= 0xffff) return Buffer.concat([Buffer.of(Marker.string), shortText(bytes)]);
  return Buffer.concat([Buffer.of(Marker.longString), uint32(bytes.length), bytes]);
}

function encodeArray(items: readonly Amf0Value[]): Buffer {
  const head = [Buffer.of(Marker.strictArray), uint32(items.length)];
  return Buffer.concat([...head, ...items.map(encodeValue)]);
}

function encodeDate(date: Date): Buffer {
  return Buffer.concat([Buffer.of(Marker.date), double(date.getTime()), Buffer.of(0, 0)]);
}

function encodeObject(object: Amf0Object): Buffer {
  const parts: Buffer[] = [Buffer.of(Marker.object)];
  for (const [key, item] of Object.entries(object)) {
    parts.push(shortText(Buffer.from(key)), encodeValue(item));
  }
  return Buffer.concat([...parts, Buffer.of(0, 0, Marker.objectEnd)]);
}

function shortText(bytes: Buffer): Buffer {
  const cut = bytes.subarray(0, 0xffff);
  return Buffer.concat([Buffer.of(cut.length >> 8, cut.length & 0xff), cut]);
}

function double(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes;
}

function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

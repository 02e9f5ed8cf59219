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

/** An object or an ECMA array. Decoded objects have no prototype, so no key is special. */
export interface Amf0Object {
  [key: string]: Amf0Value;
}

const MAX_DEPTH = 16;
/** Most properties of all objects in one decode. */
const MAX_PROPERTIES = 1024;
/** Most bytes of a string with a two-byte length. */
const MAX_SHORT = 0xffff;
/** Most elements of all arrays in one decode. Metadata may list a time for every keyframe. */
const MAX_ELEMENTS = 65_536;

/** Symbol that marks objects to be written as ECMA arrays. */
const ECMA = Symbol('ECMA array');

/**
 * Copies an object to be written as an ECMA array (AMF0 §2.10), which some clients require. Its
 * count, which is only a hint, is 0 as SRS writes it.
 */
export function ecmaArray(object: Amf0Object): Amf0Object {
  return Object.defineProperty({ ...object }, ECMA, { value: true });
}

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

/**
 * Decodes one AMF0 value at `offset`. References and unsupported values decode to undefined; a
 * typed object loses its class name. A truncated value is `incomplete`.
 */
export function decodeAmf0(buf: Buffer, offset = 0): Parsed<Amf0Value> {
  const reader = new Amf0Reader(buf, offset);
  const item = reader.read();
  return reader.failure ?? value(item, reader.at - offset);
}

/** Decodes all values of a whole message payload. A truncated value is `invalid`. */
export function decodeAmf0All(buf: Buffer): Parsed<Amf0Value[]> {
  const reader = new Amf0Reader(buf, 0);
  const values = reader.readAll();
  return reader.failure === null ? value(values, buf.length) : asWhole(reader.failure);
}

/** Turns `incomplete` into `invalid`, for a message of which no more bytes will come. */
export function asWhole<T>(parsed: Parsed<T>): Parsed<T> {
  return parsed.kind === 'incomplete' ? invalid('AMF0: value cut off') : parsed;
}

/** Encodes the values in order. Objects are written as objects, arrays as strict arrays. */
export function encodeAmf0(...values: Amf0Value[]): Buffer {
  const writer = new ByteWriter();
  for (const item of values) writeValue(writer, item);
  return writer.written;
}

/** Reads values in sequence. After a failure its return values are meaningless. */
class Amf0Reader {
  static readonly #READERS: Readonly<Record<number, (reader: Amf0Reader) => Amf0Value>> = {
    [Marker.number]: (reader) => reader.#double(),
    [Marker.boolean]: (reader) => reader.#boolean(),
    [Marker.string]: (reader) => reader.#text(2),
    [Marker.object]: (reader) => reader.#nested(() => reader.#properties()),
    [Marker.null]: () => null,
    [Marker.undefined]: () => undefined,
    [Marker.reference]: (reader) => reader.#nothing(2),
    // The count is only a hint: some senders write 0.
    [Marker.ecmaArray]: (reader) => reader.#nested(() => reader.#properties(4)),
    [Marker.strictArray]: (reader) => reader.#nested(() => reader.#elements()),
    [Marker.date]: (reader) => reader.#date(),
    [Marker.longString]: (reader) => reader.#text(4),
    [Marker.unsupported]: () => undefined,
    [Marker.xmlDocument]: (reader) => reader.#text(4),
    [Marker.typedObject]: (reader) => reader.#nested(() => reader.#typedObject()),
    // All that follows is AMF3 and cannot switch back: one undefined stands for it.
    [Marker.amf3]: (reader) => reader.#nothing(reader.#bytes.length - reader.at),
  };

  /** Offset of the next value. */
  at: number;
  failure: Exclude<Parsed<never>, { kind: 'value' }> | null = null;
  readonly #bytes: Buffer;
  #depthLeft = MAX_DEPTH;
  #propertiesLeft = MAX_PROPERTIES;
  #elementsLeft = MAX_ELEMENTS;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  read(): Amf0Value {
    const marker = this.#bytes[this.#take(1)];
    if (marker === undefined) return undefined;
    const read = Amf0Reader.#READERS[marker];
    return read ? read(this) : this.#fail(`unknown marker 0x${marker.toString(16)}`);
  }

  readAll(): Amf0Value[] {
    const values: Amf0Value[] = [];
    while (this.at < this.#bytes.length && this.failure === null) {
      values.push(this.read());
      if (--this.#elementsLeft < 0) this.#fail('too many values');
    }
    return values;
  }

  #fail(reason: string): undefined {
    this.failure ??= invalid(`AMF0: ${reason}`);
  }

  /**
   * Returns the offset of the next `size` bytes and moves past them. Returns the buffer's length if
   * they are not all there or an earlier read failed.
   */
  #take(size: number): number {
    const start = this.at;
    if (start + size > this.#bytes.length) this.failure ??= INCOMPLETE;
    if (this.failure !== null) return this.#bytes.length;
    this.at += size;
    return start;
  }

  #nothing(size: number): undefined {
    this.#take(size);
  }

  #boolean(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  #double(): number {
    const at = this.#take(8);
    return this.failure === null ? this.#bytes.readDoubleBE(at) : 0;
  }

  #uint32(): number {
    const at = this.#take(4);
    return this.failure === null ? this.#bytes.readUInt32BE(at) : 0;
  }

  #uint16(): number {
    const at = this.#take(2);
    return this.failure === null ? this.#bytes.readUInt16BE(at) : 0;
  }

  /** Reads a date. The two bytes behind it are a time zone, which is reserved (AMF0 §2.13). */
  #date(): Date {
    const date = new Date(this.#double());
    this.#take(2);
    return date;
  }

  #text(lengthSize: 2 | 4): string {
    const size = lengthSize === 2 ? this.#uint16() : this.#uint32();
    const start = this.#take(size);
    return this.failure === null ? this.#bytes.toString('utf8', start, start + size) : '';
  }

  #nested<T>(read: () => T): T | undefined {
    if (this.#depthLeft === 0) return this.#fail(`deeper than ${MAX_DEPTH}`);
    this.#depthLeft -= 1;
    const item = read();
    this.#depthLeft += 1;
    return item;
  }

  /** Reads properties until the empty key with the object-end marker (AMF0 §2.5, §2.10). */
  #properties(headSize = 0): Amf0Object {
    const object: Amf0Object = Object.create(null);
    this.#take(headSize);
    while (this.failure === null) {
      const key = this.#text(2);
      if (key === '' && this.#bytes[this.at] === Marker.objectEnd) {
        this.#take(1);
        break;
      }
      if (--this.#propertiesLeft < 0) this.#fail(`more than ${MAX_PROPERTIES} properties`);
      object[key] = this.read();
    }
    return object;
  }

  #typedObject(): Amf0Object {
    this.#text(2);
    return this.#properties();
  }

  #elements(): Amf0Value[] {
    const count = this.#uint32();
    const elements: Amf0Value[] = [];
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) this.#fail(`more than ${MAX_ELEMENTS} elements`);
    while (elements.length < count && this.failure === null) elements.push(this.read());
    return elements;
  }
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
  const size = Buffer.byteLength(text);
  const isLong = size > MAX_SHORT;
  writer.uint8(isLong ? Marker.longString : Marker.string);
  if (isLong) writer.uint32(size);
  else writer.uint16(size);
  writer.text(text, size);
}

function writeArray(writer: ByteWriter, items: readonly Amf0Value[]): void {
  writer.uint8(Marker.strictArray);
  writer.uint32(items.length);
  for (const item of items) writeValue(writer, item);
}

/** Writes a date. The two bytes behind it are a time zone, which must be 0 (AMF0 §2.13). */
function writeDate(writer: ByteWriter, date: Date): void {
  writeNumber(writer, Marker.date, date.getTime());
  writer.uint16(0);
}

function writeObject(writer: ByteWriter, object: Amf0Object): void {
  const isEcma = ECMA in object;
  writer.uint8(isEcma ? Marker.ecmaArray : Marker.object);
  if (isEcma) writer.uint32(0);
  for (const key of Object.keys(object)) {
    writeKey(writer, key);
    writeValue(writer, object[key]);
  }
  writeKey(writer, '');
  writer.uint8(Marker.objectEnd);
}

/**
 * Writes a key. A key that could exceed the two-byte length is cut: a UTF-16 unit takes at most
 * three bytes in UTF-8.
 */
function writeKey(writer: ByteWriter, key: string): void {
  const short = key.length > MAX_SHORT / 3 ? key.slice(0, MAX_SHORT / 3) : key;
  const size = Buffer.byteLength(short);
  writer.uint16(size);
  writer.text(short, size);
}

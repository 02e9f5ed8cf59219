/**
 * AMF0 as text that tells objects, ECMA arrays and strict arrays apart, which decoded values do
 * not: `"name", 1, {level: "status"}, ecma{k: 1}, [1, 2]`.
 */
export function amfText(bytes: Buffer): string {
  const cursor = { bytes, at: 0 };
  const values: string[] = [];
  while (cursor.at < bytes.length) values.push(readValue(cursor));
  return values.join(', ');
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

function readValue(cursor: Cursor): string {
  const marker = take(cursor, 1).readUInt8();
  switch (marker) {
    case 0x00:
      return String(take(cursor, 8).readDoubleBE());
    case 0x01:
      return String(take(cursor, 1).readUInt8() !== 0);
    case 0x02:
      return JSON.stringify(readText(cursor));
    case 0x03:
      return `{${readProperties(cursor)}}`;
    case 0x05:
      return 'null';
    case 0x06:
      return 'undefined';
    case 0x08:
      return `ecma${readCount(cursor)}{${readProperties(cursor)}}`;
    case 0x0a: {
      const count = take(cursor, 4).readUInt32BE();
      return `[${Array.from({ length: count }, () => readValue(cursor)).join(', ')}]`;
    }
    case 0x0b:
      take(cursor, 10);
      return 'date';
    default:
      throw new Error(
        `AMF0 marker ${marker} at ${cursor.at - 1} of ${cursor.bytes.toString('hex')}`,
      );
  }
}

function readProperties(cursor: Cursor): string {
  const properties: string[] = [];
  for (;;) {
    const key = readText(cursor);
    if (key === '' && cursor.bytes[cursor.at] === 0x09) break;
    properties.push(`${key}: ${readValue(cursor)}`);
  }
  take(cursor, 1);
  return properties.join(', ');
}

/** The count of an ECMA array, which says nothing of its properties; SRS writes 0. */
function readCount(cursor: Cursor): string {
  const count = take(cursor, 4).readUInt32BE();
  return count === 0 ? '' : `(${count})`;
}

function readText(cursor: Cursor): string {
  return take(cursor, take(cursor, 2).readUInt16BE()).toString();
}

function take(cursor: Cursor, size: number): Buffer {
  const from = cursor.at;
  cursor.at += size;
  if (cursor.at > cursor.bytes.length) throw new Error('AMF0 cut off');
  return cursor.bytes.subarray(from, cursor.at);
}

import { invalid, type Parsed, value } from '../result.js';
import { HANDSHAKE_SIZE, withExtensions } from './handshake.js';

/** Extensions of a version 5 handshake (draft-sharabayko-srt §3.2.1.1 and later). */

/** Extension types: requests of a caller, responses of a listener. */
export const Extension = { HSREQ: 1, HSRSP: 2, KMREQ: 3, KMRSP: 4, SID: 5 } as const;

const BLOCK_HEADER = 4;
/**
 * Flag in a handshake's `extension`: a stream id, congestion control or filter follows (§3.2.1).
 */
const CONFIG_FLAG = 4;
/** Most bytes of a stream id in SRT. */
const MAX_STREAM_ID = 512;

export interface ExtensionBlock {
  readonly type: number;
  /** A view of whole 32-bit words. */
  readonly content: Buffer;
}

/** Parses all extensions of a handshake, in order. */
export function parseExtensions(packet: Buffer): Parsed<ExtensionBlock[]> {
  const blocks: ExtensionBlock[] = [];
  let at = HANDSHAKE_SIZE;
  while (at < packet.length) {
    if (at + BLOCK_HEADER > packet.length) return invalid('half an extension header');
    const type = packet.readUInt16BE(at);
    const end = at + BLOCK_HEADER + 4 * packet.readUInt16BE(at + 2);
    if (end > packet.length) return invalid(`extension ${type} is cut off`);
    blocks.push({ type, content: packet.subarray(at + BLOCK_HEADER, end) });
    at = end;
  }
  return value(blocks, packet.length);
}

/**
 * Parses the stream id of a conclusion; '' if it has none. Each 32-bit word is byte-swapped on the
 * wire.
 */
export function parseStreamIdExtension(blocks: readonly ExtensionBlock[]): Parsed<string> {
  const block = blocks.find(({ type }) => type === Extension.SID);
  if (!block) return value('', 0);
  const { content } = block;
  if (content.length > MAX_STREAM_ID) return invalid(`stream id of ${content.length} bytes`);
  const bytes = Buffer.from(content).swap32();
  const end = bytes.indexOf(0);
  return value(bytes.toString('utf8', 0, end < 0 ? bytes.length : end), content.length);
}

/** Copies a conclusion with another stream id. `blocks`: its parsed extensions. */
export function withStreamId(
  conclusion: Buffer,
  blocks: readonly ExtensionBlock[],
  streamId: string,
): Buffer {
  const others = blocks.filter(({ type }) => type !== Extension.SID);
  const all = [...others, { type: Extension.SID, content: swapped(streamId) }];
  return withExtensions(conclusion, CONFIG_FLAG, Buffer.concat(all.flatMap(printBlock)));
}

function printBlock({ type, content }: ExtensionBlock): Buffer[] {
  const head = Buffer.alloc(BLOCK_HEADER);
  head.writeUInt16BE(type);
  head.writeUInt16BE(content.length / 4, 2);
  return [head, content];
}

/** Encodes text as whole 32-bit words, each byte-swapped. */
function swapped(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const words = Buffer.alloc(4 * Math.ceil(length / 4));
  words.write(text);
  return words.swap32();
}

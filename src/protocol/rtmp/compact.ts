import { ChunkReader, type ReadMessage } from './chunk-reader.js';
import { decodeCommandHead } from './command.js';
import { MessageType } from './message.js';
import { isMuted } from './play-record.js';

/**
 * Removes messages that say nothing any more from a record that ends with a message: muted
 * commands, acknowledgements and user control. A message stays if the next one of its chunk stream
 * refers to its header, or if there is no next one. Returns the record itself if messages
 * interleave.
 */
export function compactRecord(record: Buffer): Buffer {
  const messages = messagesOf(record);
  if (messages === null) return record;
  const next = new Map<number, ReadMessage>();
  const kept: Buffer[] = [];
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message === undefined) continue;
    const follower = next.get(message.csid);
    next.set(message.csid, message);
    if (follower !== undefined && isEmpty(message) && follower.fmt === 0) continue;
    kept.push(record.subarray(message.start, message.end));
  }
  return Buffer.concat(kept.reverse());
}

/** Returns the messages if each begins where the one before it ends, else null. */
function messagesOf(record: Buffer): ReadMessage[] | null {
  const reader = new ChunkReader();
  reader.push(record);
  const messages: ReadMessage[] = [];
  let at = 0;
  for (let read = reader.next(); read.kind === 'value'; read = reader.next()) {
    if (read.value.start !== at) return null;
    at = read.value.end;
    messages.push(read.value);
  }
  return at === record.length ? messages : null;
}

function isEmpty(message: ReadMessage): boolean {
  const { typeId } = message;
  if (typeId === MessageType.acknowledgement || typeId === MessageType.userControl) return true;
  const head = decodeCommandHead(message);
  return head.kind === 'value' && isMuted(head.value.name);
}

/** A message of server-sent events. */
export interface Message {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** Most characters of a message that is not complete yet. */
const MOST_REST = 1024 * 1024;

/** Reads server-sent events out of pieces of text, as the HTML standard defines them. */
export class SseReader {
  #rest = '';

  /** Returns the messages that are complete with this piece. */
  read(piece: string): Message[] {
    const blocks = (this.#rest + piece).split('\n\n');
    this.#rest = (blocks.pop() ?? '').slice(-MOST_REST);
    return blocks.map(parseMessage);
  }
}

function parseMessage(block: string): Message {
  let [id, type]: [string | null, string] = [null, 'message'];
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === 'id') id = value;
    else if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
  }
  return { id, type, data: data.join('\n') };
}

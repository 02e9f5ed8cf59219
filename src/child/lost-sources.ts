/** SRS (7.0) forgets a stream's source, whose last publisher had that id; '' where there was none. */
const FORGETS = /Live: cleanup die source, id=\[([^\]]*)\]/g;
const MARK = 'cleanup die source';
/** The longest beginning of such a line that may still be waiting for its end. */
const MAX_REST = 512;

/** Finds in a child's log which sources it forgets. */
export class LostSources {
  #rest = '';

  /** Takes more of the log; answers the ids of the last publishers. */
  feed(chunk: Buffer): string[] {
    if (this.#rest === '' && !chunk.includes(MARK) && chunk.at(-1) === 0x0a) return [];
    const text = this.#rest + chunk.toString();
    const end = text.lastIndexOf('\n') + 1;
    this.#rest = text.slice(end).slice(-MAX_REST);
    return Array.from(text.slice(0, end).matchAll(FORGETS), ([, id = '']) => id);
  }
}

/** Limits on the shape of a JSON text from an untrusted sender. */
export interface JsonBounds {
  /** Most levels of nested objects and arrays. */
  readonly depth: number;
  /**
   * Least average bytes of text per object or array: an empty one has two bytes of text but takes
   * sixty bytes of memory.
   */
  readonly bytesEach: number;
}

/** Number of objects and arrays that are exempt from `bytesEach`. */
const SPARE = 1000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Change of depth by character: `[` and `{` +1, `]` and `}` -1. */
const STEPS = new Int8Array(0x10000);
for (const sign of '[{') STEPS[sign.charCodeAt(0)] = 1;
for (const sign of ']}') STEPS[sign.charCodeAt(0)] = -1;

/**
 * Returns why a JSON text must not be parsed, or null. Other syntax is not checked. One pass
 * without recursion: deep nesting costs nothing here, whereas JSON.parse and JSON.stringify would
 * recurse.
 */
export function jsonFault(text: string, { depth: most, bytesEach }: JsonBounds): string | null {
  const mostOpened = SPARE + text.length / bytesEach;
  let depth = 0;
  let opened = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at + 1);
    const step = STEPS[code] ?? 0;
    if (step === 0) continue;
    depth += step;
    if (step > 0) opened += 1;
    if (depth > most) return `its JSON is nested deeper than ${most}`;
    if (opened > mostOpened) return 'its JSON has too many objects for its length';
  }
  return null;
}

/** Returns the index of the closing quote of a string that begins at `at`, or the text's length. */
function endOfString(text: string, at: number): number {
  let next = at;
  while (next < text.length) {
    const code = text.charCodeAt(next);
    if (code === QUOTE) return next;
    next += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

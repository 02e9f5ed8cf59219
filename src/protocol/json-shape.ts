/** What a JSON text of somebody whom we do not know may be made of. */
export interface JsonBounds {
  /** Objects and arrays within one another. */
  readonly depth: number;
  /** Bytes of text for each object or array, on the average: an empty one has two, and costs us sixty. */
  readonly bytesEach: number;
}

/** So many objects and arrays may be as short as they like. */
const SPARE = 1000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What a sign does to the depth: `[` and `{` one up, `]` and `}` one down. */
const STEPS = new Int8Array(0x10000);
for (const sign of '[{') STEPS[sign.charCodeAt(0)] = 1;
for (const sign of ']}') STEPS[sign.charCodeAt(0)] = -1;

/**
 * Why a JSON text must not be parsed, or null. It need not be JSON otherwise. One pass: what is deep
 * costs nothing here, where to parse it and to print it again would.
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

/** Where the string that begins at `at` has its last quote; the text's end where it has none. */
function endOfString(text: string, at: number): number {
  let next = at;
  while (next < text.length) {
    const code = text.charCodeAt(next);
    if (code === QUOTE) return next;
    next += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

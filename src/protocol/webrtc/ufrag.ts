/** What the ICE user name fragment says that we choose for a session's answer. */
export interface UfragParts {
  /** The machine whose supervisor made it: four letters or digits. */
  readonly box: string;
  /** `c001`, … */
  readonly child: string;
  /** Random, so that nobody guesses another's session. */
  readonly nonce: string;
}

/** Characters of a nonce: 16 of 64 kinds are 96 bits. */
export const NONCE_SIZE = 16;

/** The mark `S`, box, number of the child in base 36, nonce: 23 characters, of which SRS takes 4 to 32. */
const PATTERN = /^S([a-zA-Z\d]{4})([a-z\d]{2})([a-zA-Z\d+/]{16})$/;
const CHILD = /^c(\d{3,4})$/;
const MAX_CHILD = 36 * 36 - 1;

/** The fragment of a new session. Throws RangeError for parts that cannot be told apart again. */
export function encodeUfrag({ box, child, nonce }: UfragParts): string {
  const number = Number(CHILD.exec(child)?.[1] ?? Number.NaN);
  const text = `S${box}${number.toString(36).padStart(2, '0')}${nonce}`;
  if (!(number <= MAX_CHILD) || !PATTERN.test(text)) {
    throw new RangeError(`no ICE ufrag for box ${box}, child ${child}, nonce ${nonce}`);
  }
  return text;
}

/** Null for a fragment that we did not make: SRS's own, or one that the client asked for. */
export function decodeUfrag(ufrag: string): UfragParts | null {
  const [, box, number, nonce] = PATTERN.exec(ufrag) ?? [];
  if (box === undefined || number === undefined || nonce === undefined) return null;
  const child = `c${String(Number.parseInt(number, 36)).padStart(3, '0')}`;
  return { box, child, nonce };
}

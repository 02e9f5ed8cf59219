/** What the ICE user name fragment says that we choose for a session's answer. */
export interface UfragParts {
  /** The machine whose supervisor made it: four letters or digits. */
  readonly box: string;
  /** `c001`, …, or `o001`, … for an origin that registered. */
  readonly child: string;
  /** Random, so that nobody guesses another's session. */
  readonly nonce: string;
}

/** Characters of a nonce: 16 of 64 kinds are 96 bits. */
export const NONCE_SIZE = 16;

/** The mark `S`, box, number of the child in base 36, nonce: 23 characters, of which SRS takes 4 to 32. */
const PATTERN = /^S([a-zA-Z\d]{4})([a-z\d]{2})([a-zA-Z\d+/]{16})$/;
const CHILD = /^([co])(\d{3,4})$/;
/** Origins are numbered behind the children, of which there are no more. */
const MAX_CHILDREN = 1000;
const MAX_NUMBER = 36 * 36 - 1;

/** The fragment of a new session. Throws RangeError for parts that cannot be told apart again. */
export function encodeUfrag({ box, child, nonce }: UfragParts): string {
  const number = numberOf(child);
  const text = `S${box}${number.toString(36).padStart(2, '0')}${nonce}`;
  if (!(number <= MAX_NUMBER) || !PATTERN.test(text)) {
    throw new RangeError(`no ICE ufrag for box ${box}, child ${child}, nonce ${nonce}`);
  }
  return text;
}

/** Null for a fragment that we did not make: SRS's own, or one that the client asked for. */
export function decodeUfrag(ufrag: string): UfragParts | null {
  const [, box, number, nonce] = PATTERN.exec(ufrag) ?? [];
  if (box === undefined || number === undefined || nonce === undefined) return null;
  return { box, child: childOf(Number.parseInt(number, 36)), nonce };
}

/** NaN for what is no child's id. */
function numberOf(child: string): number {
  const [, kind, digits = ''] = CHILD.exec(child) ?? [];
  if (kind === undefined) return Number.NaN;
  if (kind === 'o') return MAX_CHILDREN + Number(digits);
  return Number(digits) <= MAX_CHILDREN ? Number(digits) : Number.NaN;
}

function childOf(number: number): string {
  const [kind, own] = number > MAX_CHILDREN ? ['o', number - MAX_CHILDREN] : ['c', number];
  return `${kind}${String(own).padStart(3, '0')}`;
}

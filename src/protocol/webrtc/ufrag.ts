import { createHmac } from 'node:crypto';

/** Contents of the ICE ufrag that we choose for a session's answer. */
export interface UfragParts {
  /** Id of the box whose supervisor made it: four letters or digits. */
  readonly box: string;
  /** Id of the child (`c001`, …) or of the registered origin (`o001`, …). */
  readonly child: string;
  /** Random text, so that nobody can guess another session's ufrag. */
  readonly nonce: string;
}

/** Characters of a nonce. */
export const NONCE_SIZE = 16;
/** Half of a sealed nonce is random and half is a MAC: 8 characters, 41 bits each. */
const SEAL_SIZE = NONCE_SIZE / 2;

/** `S`, box, number of the child in base 36, nonce: 23 characters; SRS accepts 4 to 32. */
const PATTERN = /^S([a-zA-Z\d]{4})([a-z\d]{2})([a-zA-Z\d+/]{16})$/;
const CHILD = /^([co])(\d{3,4})$/;
/** Most children. Numbers above it stand for origins. */
const MAX_CHILDREN = 1000;
const MAX_NUMBER = 36 * 36 - 1;

/** Encodes the ufrag of a new session. Throws RangeError for parts that cannot be decoded again. */
export function encodeUfrag({ box, child, nonce }: UfragParts): string {
  const number = numberOf(child);
  const text = `S${box}${number.toString(36).padStart(2, '0')}${nonce}`;
  if (!(number <= MAX_NUMBER) || !PATTERN.test(text)) {
    throw new RangeError(`no ICE ufrag for box ${box}, child ${child}, nonce ${nonce}`);
  }
  return text;
}

/** Decodes a ufrag. Returns null if we did not make it (SRS's own, or one the client asked for). */
export function decodeUfrag(ufrag: string): UfragParts | null {
  const [, box, number, nonce] = PATTERN.exec(ufrag) ?? [];
  if (box === undefined || number === undefined || nonce === undefined) return null;
  return { box, child: childOf(Number.parseInt(number, 36)), nonce };
}

/**
 * Makes a nonce by which boxes that share a secret recognise each other's sessions. `random` has 8
 * bytes.
 */
export function sealedNonce(of: Omit<UfragParts, 'nonce'>, random: Buffer, secret: string): string {
  const begin = signs(random);
  return begin + sealOf({ ...of, nonce: begin }, secret);
}

/** Reports whether a box with our secret made the ufrag. */
export function isSealed(parts: UfragParts, secret: string): boolean {
  return parts.nonce.slice(SEAL_SIZE) === sealOf(parts, secret);
}

function sealOf({ box, child, nonce }: UfragParts, secret: string): string {
  const text = `ufrag ${box} ${child} ${nonce.slice(0, SEAL_SIZE)}`;
  return signs(createHmac('sha256', secret).update(text).digest());
}

/** Converts 8 bytes to base 36. The last digits are evenly distributed, so those are kept. */
function signs(bytes: Buffer): string {
  return bytes.readBigUInt64BE().toString(36).padStart(SEAL_SIZE, '0').slice(-SEAL_SIZE);
}

/** Returns the number of a child or origin; NaN if the text is not an id. */
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

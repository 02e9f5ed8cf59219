import { createHmac } from 'node:crypto';

/** What the ICE user name fragment says that we choose for a session's answer. */
export interface UfragParts {
  /** The box whose supervisor made it: four letters or digits. */
  readonly box: string;
  /** `c001`, …, or `o001`, … for an origin that registered. */
  readonly child: string;
  /** Random, so that nobody guesses another's session. */
  readonly nonce: string;
}

/** Characters of a nonce. */
export const NONCE_SIZE = 16;
/** So many of a sealed one are random, and as many prove who made it: 41 bits each. */
const SEAL_SIZE = NONCE_SIZE / 2;

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

/** A nonce by which the boxes that share a secret know each other's sessions; `random` has 8 bytes. */
export function sealedNonce(of: Omit<UfragParts, 'nonce'>, random: Buffer, secret: string): string {
  const begin = signs(random);
  return begin + sealOf({ ...of, nonce: begin }, secret);
}

/** Whether a box that has our secret made it. */
export function isSealed(parts: UfragParts, secret: string): boolean {
  return parts.nonce.slice(SEAL_SIZE) === sealOf(parts, secret);
}

function sealOf({ box, child, nonce }: UfragParts, secret: string): string {
  const text = `ufrag ${box} ${child} ${nonce.slice(0, SEAL_SIZE)}`;
  return signs(createHmac('sha256', secret).update(text).digest());
}

/** Of the last signs all are equally likely. */
function signs(bytes: Buffer): string {
  return bytes.readBigUInt64BE().toString(36).padStart(SEAL_SIZE, '0').slice(-SEAL_SIZE);
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

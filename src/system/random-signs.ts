import { randomBytes } from 'node:crypto';

/** 32 signs, so that five bits choose one. */
const ALPHABET = '0123456789abcdefghijkmnpqrstvwyz';

/** Random signs in the manner of SRS's own ids. */
export function randomSigns(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join('');
}

import { randomBytes } from 'node:crypto';

/** 32 characters, so that five bits choose one. */
const ALPHABET = '0123456789abcdefghijkmnpqrstvwyz';

/** Returns random characters in the style of SRS's ids. */
export function randomSigns(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join('');
}

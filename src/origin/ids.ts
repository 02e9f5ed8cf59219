import { randomBytes } from 'node:crypto';

/** 32 characters, so that five bits choose one, with many digits, as in SRS's ids. */
const ALPHABET = '0123456789abcdefghijkmnpqrstvwyz';

/** Returns a random id, as SRS gives to clients (8 characters) and services (8). */
export function randomId(length = 8): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join('');
}

/** Returns an id of a vhost, stream or server: `vid-` and 7 characters. */
export function vid(): string {
  return `vid-${randomId(7)}`;
}
